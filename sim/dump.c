#include "sim/dump.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "sim/account.h"
#include "sim/http_request.h"

#include <inttypes.h>

enum {
    ANSWER_BYTES_ENOUGH = 8 << 20,
};

static const struct str DOOR = STR_CONST("/log");

bool dump_is_asked(const struct http_request *request)
{
    struct str path = request->path;
    return str_equal(str_cut(&path, '/'), STR("")) && str_equal(str_cut(&path, '/'), STR("log"));
}

static void write_hash_key(struct buf *answer, hash_key_t key)
{
    buf_add_byte(answer, '"');
    hash_key_write(answer, key);
    buf_add_byte(answer, '"');
}

static void write_shard_id(struct buf *answer, uint32_t number)
{
    buf_add_byte(answer, '"');
    shard_id_write(answer, number);
    buf_add_byte(answer, '"');
}

static void write_shard(struct buf *answer, const struct stream *stream, const struct shard *shard)
{
    buf_printf(answer,
        "{\"log\":%" PRIu64 ",\"stream\":\"%s\",\"created_ms\":%" PRId64 ",\"shard\":",
        shard->log_number, stream->name, stream->created_ms);
    write_shard_id(answer, shard->number);
    buf_add(answer, STR(",\"first_key\":"));
    write_hash_key(answer, shard->first_key);
    buf_add(answer, STR(",\"last_key\":"));
    write_hash_key(answer, shard->last_key);
    buf_add(answer, STR(",\"parents\":["));
    for (size_t i = 0; i < shard->parents_count; i++) {
        buf_add(answer, i > 0 ? STR(",") : STR(""));
        write_shard_id(answer, shard->parents[i]);
    }
    buf_printf(answer, "],\"records\":%" PRIu64 "}\n", shard->log.count);
}

static void write_record(
    struct buf *answer, const struct account *account, const struct shard *shard, uint64_t position)
{
    struct log_record record = shard_log_at(&shard->log, position);
    buf_add(answer, STR("{\"sequence\":\""));
    sequence_write(answer, shard_sequence(shard, position, record.arrived_ms));
    buf_printf(answer, "\",\"arrived_ms\":%" PRId64 ",\"partition_key\":", record.arrived_ms);
    json_write_string(answer, record.partition_key);
    buf_add(answer, STR(",\"explicit_hash_key\":"));
    if (record.has_hash_key)
        write_hash_key(answer, record.hash_key);
    else
        buf_add(answer, STR("null"));
    buf_add(answer, STR(",\"data\":\""));
    base64_write(answer, record.data);
    buf_printf(answer, "\",\"request\":%" PRIu32 ",\"reply\":\"" STR_FMT "\"}\n", record.request,
        STR_ARG(replies_fate_name(&account->replies, record.request)));
}

static void write_shards(struct buf *answer, const struct streams *streams)
{
    for (size_t i = 0; i < streams_ever(streams); i++) {
        const struct stream *stream = streams_ever_at(streams, i);
        for (uint32_t j = 0; j < stream->shards_count; j++)
            write_shard(answer, stream, &stream->shards[j]);
    }
}

static const struct shard *find_log(const struct streams *streams, uint64_t number)
{
    for (size_t i = 0; i < streams_ever(streams); i++) {
        const struct stream *stream = streams_ever_at(streams, i);
        for (uint32_t j = 0; j < stream->shards_count; j++)
            if (stream->shards[j].log_number == number)
                return &stream->shards[j];
    }
    return NULL;
}

int dump_answer(
    const struct account *account, const struct http_request *request, struct buf *answer)
{
    if (str_equal(request->path, DOOR)) {
        write_shards(answer, &account->streams);
        return 200;
    }
    struct str name = request->query;
    const bool is_from = str_equal(str_cut(&name, '='), STR("from"));
    uint64_t number;
    uint64_t from;
    if (!is_from || !str_to_u64(name, 0, UINT64_MAX, &from) ||
        !str_to_u64(str_after(request->path, DOOR.len + 1), 0, UINT64_MAX, &number))
        return 400;
    const struct shard *shard = find_log(&account->streams, number);
    if (!shard)
        return 404;
    for (uint64_t i = from; i < shard->log.count && answer->len < ANSWER_BYTES_ENOUGH; i++)
        write_record(answer, account, shard, i);
    return 200;
}
