#include "sim/streams.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHARD_DIGITS = 12,
};

static const struct str SHARD_PREFIX = STR_CONST("shardId-");

bool stream_name_is_valid(struct str name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (name.len == 0 || name.len > STREAM_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(allowed, name.ptr[i], sizeof allowed - 1))
            return false;
    return true;
}

void streams_init(struct streams *streams)
{
    *streams = (struct streams){.count = 0};
}

static void stream_free(struct stream *stream)
{
    for (uint32_t i = 0; i < stream->shards_count; i++)
        shard_log_release(&stream->shards[i].log);
    free(stream->shards);
    free(stream->open);
    free(stream);
}

void streams_release(struct streams *streams)
{
    for (size_t i = 0; i < streams->count; i++)
        stream_free(streams->sorted[i]);
    for (size_t i = 0; i < streams->deleted_count; i++)
        stream_free(streams->deleted[i]);
    free(streams->sorted);
    free(streams->deleted);
    streams_init(streams);
}

size_t streams_after(const struct streams *streams, struct str name)
{
    size_t low = 0;
    size_t high = streams->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(str_from_c(streams->sorted[middle]->name), name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stream *streams_find(const struct streams *streams, struct str name)
{
    size_t after = streams_after(streams, name);
    if (after == 0)
        return NULL;
    struct stream *stream = streams->sorted[after - 1];
    return str_equal(str_from_c(stream->name), name) ? stream : NULL;
}

struct shard *stream_add_shard(
    struct streams *streams, struct stream *stream, const struct shard_plan *plan, int64_t now_ms)
{
    if (stream->shards_count == stream->shards_capacity) {
        stream->shards_capacity = stream->shards_capacity > 0 ? 2 * stream->shards_capacity : 4;
        stream->shards =
            alloc_resize(stream->shards, stream->shards_capacity * sizeof *stream->shards);
    }
    struct shard *shard = &stream->shards[stream->shards_count];
    *shard = (struct shard){
        .number = stream->shards_count++,
        .first_key = plan->first_key,
        .last_key = plan->last_key,
        .created_ms = now_ms,
        .epoch_s = now_ms / 1000 > plan->epoch_s ? now_ms / 1000 : plan->epoch_s,
        .parents_count = plan->parents_count,
        .log_number = streams->logs_count++,
    };
    memcpy(shard->parents, plan->parents, sizeof shard->parents);
    shard_log_init(&shard->log, now_ms);
    shard_pace_init(&shard->pace, now_ms);
    return shard;
}

// The second after the newest shard's of any stream that had the name: sequence numbers go on.
static int64_t next_epoch(const struct streams *streams, struct str name)
{
    int64_t epoch_s = 0;
    for (size_t i = 0; i < streams->deleted_count; i++) {
        const struct stream *stream = streams->deleted[i];
        for (uint32_t j = 0; j < stream->shards_count; j++)
            if (str_equal(str_from_c(stream->name), name) && stream->shards[j].epoch_s >= epoch_s)
                epoch_s = stream->shards[j].epoch_s + 1;
    }
    return epoch_s;
}

// 2^128 in equal parts; what does not divide goes to the last one, as the service has it.
static void divide_evenly(
    struct streams *streams, struct stream *stream, uint32_t count, int64_t now_ms)
{
    const hash_key_t part = HASH_KEY_MAX / count + (HASH_KEY_MAX % count == count - 1);
    const int64_t epoch_s = next_epoch(streams, str_from_c(stream->name));
    stream->open = alloc_zeroed(count, sizeof *stream->open);
    stream->open_capacity = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct shard_plan plan = {
            .first_key = part * i,
            .last_key = i == count - 1 ? HASH_KEY_MAX : part * (i + 1) - 1,
            .epoch_s = epoch_s,
        };
        stream->open[stream->open_count++] =
            stream_add_shard(streams, stream, &plan, now_ms)->number;
    }
}

struct stream *streams_create(struct streams *streams, struct stream_plan plan, int64_t now_ms)
{
    assert(stream_name_is_valid(plan.name));
    assert(plan.shards_count > 0);
    if (streams_find(streams, plan.name))
        return NULL;

    struct stream *stream = alloc_zeroed(1, sizeof *stream);
    memcpy(stream->name, plan.name.ptr, plan.name.len);
    stream->created_ms = now_ms;
    stream->on_demand = plan.on_demand;
    stream->record_kib_max = plan.record_kib_max;
    divide_evenly(streams, stream, plan.shards_count, now_ms);

    if (streams->count == streams->capacity) {
        streams->capacity = streams->capacity > 0 ? 2 * streams->capacity : 8;
        streams->sorted =
            alloc_resize(streams->sorted, streams->capacity * sizeof(struct stream *));
    }
    size_t at = streams_after(streams, plan.name);
    memmove(streams->sorted + at + 1, streams->sorted + at,
        (streams->count - at) * sizeof(struct stream *));
    streams->sorted[at] = stream;
    streams->count++;
    return stream;
}

void streams_delete(struct streams *streams, struct stream *stream)
{
    size_t after = streams_after(streams, str_from_c(stream->name));
    assert(after > 0 && streams->sorted[after - 1] == stream);
    memmove(streams->sorted + after - 1, streams->sorted + after,
        (streams->count - after) * sizeof(struct stream *));
    streams->count--;
    if (streams->deleted_count == streams->deleted_capacity) {
        streams->deleted_capacity =
            streams->deleted_capacity > 0 ? 2 * streams->deleted_capacity : 8;
        streams->deleted =
            alloc_resize(streams->deleted, streams->deleted_capacity * sizeof(struct stream *));
    }
    streams->deleted[streams->deleted_count++] = stream;
}

size_t streams_ever(const struct streams *streams)
{
    return streams->deleted_count + streams->count;
}

const struct stream *streams_ever_at(const struct streams *streams, size_t index)
{
    return index < streams->deleted_count ? streams->deleted[index]
                                          : streams->sorted[index - streams->deleted_count];
}

void streams_settle(struct streams *streams, int64_t now_ms)
{
    for (size_t i = streams->count; i-- > 0;) {
        struct stream *stream = streams->sorted[i];
        if (stream->status == STREAM_ACTIVE || now_ms < stream->status_until_ms)
            continue;
        if (stream->status == STREAM_DELETING)
            streams_delete(streams, stream);
        stream->status = STREAM_ACTIVE;
    }
}

struct str stream_status_name(const struct stream *stream)
{
    static const struct str names[] = {
        [STREAM_ACTIVE] = STR_CONST("ACTIVE"),
        [STREAM_CREATING] = STR_CONST("CREATING"),
        [STREAM_UPDATING] = STR_CONST("UPDATING"),
        [STREAM_DELETING] = STR_CONST("DELETING"),
    };
    return names[stream->status];
}

uint32_t stream_place_of(const struct stream *stream, hash_key_t key)
{
    uint32_t low = 0;
    uint32_t high = stream->open_count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (stream->shards[stream->open[middle]].last_key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct shard *stream_shard_for(struct stream *stream, hash_key_t key)
{
    struct shard *shard = &stream->shards[stream->open[stream_place_of(stream, key)]];
    assert(shard->first_key <= key && key <= shard->last_key);
    return shard;
}

bool shard_is_parent(const struct shard *shard, const struct shard *child)
{
    for (uint32_t i = 0; i < child->parents_count; i++)
        if (child->parents[i] == shard->number)
            return true;
    return false;
}

struct sequence shard_sequence(const struct shard *shard, uint64_t position, int64_t arrived_ms)
{
    return (struct sequence){
        .shard = shard->number,
        .shard_created_s = shard->epoch_s,
        .index = position + 1,
        .arrived_s = arrived_ms / 1000,
    };
}

struct sequence shard_first_sequence(const struct shard *shard)
{
    return (struct sequence){
        .shard = shard->number,
        .shard_created_s = shard->epoch_s,
        .arrived_s = shard->created_ms / 1000,
    };
}

struct sequence shard_last_sequence(const struct shard *shard)
{
    return shard_sequence(shard, shard->log.count, shard->closed_ms);
}

bool shard_id_parse(struct str text, uint32_t *number)
{
    if (!str_starts_with(text, SHARD_PREFIX) || text.len != SHARD_PREFIX.len + SHARD_DIGITS)
        return false;
    uint64_t parsed;
    if (!str_to_u64(str_after(text, SHARD_PREFIX.len), 0, INT32_MAX, &parsed))
        return false;
    *number = (uint32_t)parsed;
    return true;
}

void shard_id_write(struct buf *buf, uint32_t number)
{
    char digits[SHARD_DIGITS];
    for (size_t at = SHARD_DIGITS; at-- > 0; number /= 10)
        digits[at] = (char)('0' + number % 10);
    buf_add(buf, SHARD_PREFIX);
    buf_add(buf, (struct str){.ptr = digits, .len = sizeof digits});
}
