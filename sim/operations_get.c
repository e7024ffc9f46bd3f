#include "base/base64.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/blob.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"

#include <inttypes.h>
#include <time.h>

enum {
    ITERATOR_BYTES_MAX = 512,
    ANSWER_BYTES_ENOUGH = 32 << 20,
};

// Where a reader stands. On the wire it is Base64 of "MADE/STREAM/CREATED/SHARD/POSITION".
struct iterator {
    int64_t made_ms;
    struct str stream;
    int64_t stream_created_ms; // A stream of the same name made later is another one.
    uint32_t shard;
    uint64_t position;
};

static void iterator_write(struct buf *buf, const struct iterator *iterator)
{
    struct buf text;
    buf_init(&text, ITERATOR_BYTES_MAX);
    buf_printf(&text, "%" PRId64 "/" STR_FMT "/%" PRId64 "/%" PRIu32 "/%" PRIu64, iterator->made_ms,
        STR_ARG(iterator->stream), iterator->stream_created_ms, iterator->shard,
        iterator->position);
    base64_write(buf, buf_str(&text));
    buf_release(&text);
}

// The stream's name borrows from the buffer.
static bool iterator_parse(struct str base64, struct buf *text, struct iterator *iterator)
{
    size_t bytes;
    if (!blob_measure(base64, &bytes) || bytes == 0 || !base64_read(text, base64))
        return false;
    struct str rest = buf_str(text);
    uint64_t made_ms;
    uint64_t created_ms;
    uint64_t shard;
    bool ok = str_to_u64(str_cut(&rest, '/'), 0, INT64_MAX, &made_ms);
    iterator->stream = str_cut(&rest, '/');
    ok = ok && str_to_u64(str_cut(&rest, '/'), 0, INT64_MAX, &created_ms) &&
         str_to_u64(str_cut(&rest, '/'), 0, INT32_MAX, &shard) &&
         str_to_u64(rest, 0, INT64_MAX, &iterator->position);
    if (!ok)
        return false;
    iterator->made_ms = (int64_t)made_ms;
    iterator->stream_created_ms = (int64_t)created_ms;
    iterator->shard = (uint32_t)shard;
    return true;
}

static bool refuse_sequence(struct refusal *refusal, struct str number, const struct stream *stream,
    const struct shard *shard, const char *why)
{
    struct buf id;
    buf_init(&id, 64);
    shard_id_write(&id, shard->number);
    refuse(refusal, "InvalidArgumentException",
        "StartingSequenceNumber " STR_FMT
        " used in GetShardIterator on shard %s in stream %s under account " STREAM_ACCOUNT
        " is invalid%s.",
        STR_ARG(number), buf_c(&id), stream->name, why);
    buf_release(&id);
    return false;
}

static bool find_by_sequence(const struct parameters *parameters, const struct stream *stream,
    const struct shard *shard, uint64_t *position, struct refusal *refusal)
{
    struct sequence sequence;
    struct str number = parameters->start_sequence_number.text;
    if (!sequence_parse(number, &sequence))
        return refuse_sequence(refusal, number, stream, shard, "");
    if (sequence.shard != shard->number)
        return refuse(refusal, "InvalidArgumentException",
            "Invalid StartingSequenceNumber. It encodes shardId-%012" PRIu32
            ", while it was used in a call to a shard with shardId-%012" PRIu32,
            sequence.shard, shard->number);
    if (sequence.shard_created_s != shard->epoch_s || sequence.index > shard->log.count)
        return refuse_sequence(
            refusal, number, stream, shard, " because it did not come from this stream");
    // The number before all records is index 0: at it and after it both begin at position 0.
    bool is_at = str_equal(parameters->iterator_type.text, STR("AT_SEQUENCE_NUMBER"));
    *position = is_at && sequence.index > 0 ? sequence.index - 1 : sequence.index;
    return true;
}

static bool find_by_time(const struct account *account, const struct parameters *parameters,
    const struct shard *shard, uint64_t *position, struct refusal *refusal)
{
    struct number_parameter time_ms = parameters->time_ms;
    if (!time_ms.given)
        return refuse(refusal, "InvalidArgumentException",
            "Must specify Timestamp for ShardIteratorType AT_TIMESTAMP.");
    if (time_ms.value > account->now_ms)
        return refuse(refusal, "InvalidArgumentException",
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: %" PRId64 ", currentTimestampInMillis: %" PRId64,
            time_ms.value, account->now_ms);
    *position = shard_log_since(&shard->log, time_ms.value);
    return true;
}

static bool is_sequence_type(struct str type)
{
    return str_equal(type, STR("AT_SEQUENCE_NUMBER")) ||
           str_equal(type, STR("AFTER_SEQUENCE_NUMBER"));
}

static bool find_position(const struct account *account, const struct parameters *parameters,
    const struct stream *stream, const struct shard *shard, uint64_t *position,
    struct refusal *refusal)
{
    struct str type = parameters->iterator_type.text;
    if (is_sequence_type(type) != parameters->start_sequence_number.given)
        return refuse(refusal, "InvalidArgumentException",
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            "Request specified " STR_FMT " and %s StartingSequenceNumber.",
            STR_ARG(type), parameters->start_sequence_number.given ? "also a" : "no");
    if (is_sequence_type(type))
        return find_by_sequence(parameters, stream, shard, position, refusal);
    if (str_equal(type, STR("AT_TIMESTAMP")))
        return find_by_time(account, parameters, shard, position, refusal);
    *position = str_equal(type, STR("LATEST")) ? shard->log.count : 0;
    return true;
}

static void check_iterator_type(struct complaints *complaints, struct text_parameter type)
{
    static const struct str types[] = {STR_CONST("AFTER_SEQUENCE_NUMBER"), STR_CONST("LATEST"),
        STR_CONST("AT_TIMESTAMP"), STR_CONST("AT_SEQUENCE_NUMBER"), STR_CONST("TRIM_HORIZON")};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!type.given || str_equal(type.text, types[i]))
            return;
    complain(complaints,
        "Value '" STR_FMT "' at 'shardIteratorType' failed to satisfy constraint: Member must "
        "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, "
        "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
        STR_ARG(type.text));
}

bool get_shard_iterator(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    require_text(&complaints, parameters->shard_id, "shardId");
    require_text(&complaints, parameters->iterator_type, "shardIteratorType");
    check_iterator_type(&complaints, parameters->iterator_type);
    if (!complaints_settle(&complaints, refusal))
        return false;

    struct stream *stream = account_stream(account, parameters, refusal);
    const struct shard *shard =
        stream ? account_shard(stream, parameters->shard_id.text, refusal) : NULL;
    if (!shard)
        return false;

    struct iterator iterator = {
        .made_ms = account->now_ms,
        .stream = str_from_c(stream->name),
        .stream_created_ms = stream->created_ms,
        .shard = shard->number,
    };
    if (!find_position(account, parameters, stream, shard, &iterator.position, refusal))
        return false;
    answer_open_map(answer);
    answer_name(answer, STR("ShardIterator"));
    iterator_write(answer_begin_text(answer), &iterator);
    answer_end_text(answer);
    answer_close_map(answer);
    return true;
}

struct clock_text {
    char text[40];
};

// "Thu Jan 22 01:22:02 UTC 2015"
static struct clock_text clock_text(int64_t time_ms)
{
    struct clock_text out;
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(out.text, sizeof out.text, "%a %b %d %H:%M:%S UTC %Y", &utc);
    return out;
}

static bool check_age(
    const struct account *account, const struct iterator *iterator, struct refusal *refusal)
{
    if (account->now_ms - iterator->made_ms <= LIMIT_ITERATOR_AGE_MS)
        return true;
    return refuse(refusal, "ExpiredIteratorException",
        "Iterator expired. The iterator was created at time %s while right now it is %s which is "
        "further in the future than the tolerated delay of %d milliseconds.",
        clock_text(iterator->made_ms).text, clock_text(account->now_ms).text,
        LIMIT_ITERATOR_AGE_MS);
}

static const struct stream *find_stream(
    const struct account *account, const struct iterator *iterator)
{
    const struct stream *stream = streams_find(&account->streams, iterator->stream);
    return stream && stream->created_ms == iterator->stream_created_ms ? stream : NULL;
}

static const struct shard *find_shard(
    const struct account *account, const struct iterator *iterator, struct refusal *refusal)
{
    const struct stream *stream = find_stream(account, iterator);
    if (stream && iterator->shard < stream->shards_count)
        return &stream->shards[iterator->shard];
    refuse(refusal, "ResourceNotFoundException",
        "Shard shardId-%012" PRIu32 " in stream " STR_FMT " under account " STREAM_ACCOUNT
        " does not exist",
        iterator->shard, STR_ARG(iterator->stream));
    return NULL;
}

static void write_record(
    struct answer *answer, const struct shard *shard, uint64_t position, struct log_record record)
{
    answer_open_map(answer);
    answer_name(answer, STR("SequenceNumber"));
    sequence_write(answer_begin_text(answer), shard_sequence(shard, position, record.arrived_ms));
    answer_end_text(answer);
    answer_name(answer, STR("ApproximateArrivalTimestamp"));
    answer_time(answer, record.arrived_ms);
    answer_name(answer, STR("Data"));
    answer_blob(answer, record.data);
    answer_name(answer, STR("PartitionKey"));
    answer_text(answer, record.partition_key);
    answer_close_map(answer);
}

// Writes records from the position on until the limit, ten MiB, or the end; at least one if there
// is one. Returns the position behind the last.
static uint64_t write_records(
    struct answer *answer, const struct shard *shard, uint64_t position, uint64_t limit)
{
    uint64_t at = position;
    size_t bytes = 0;
    while (at < shard->log.count && at - position < limit) {
        struct log_record record = shard_log_at(&shard->log, at);
        bytes += record.data.len + record.partition_key.len;
        if (at > position && (bytes > LIMIT_READ_BYTES || answer->body->len > ANSWER_BYTES_ENOUGH))
            break;
        write_record(answer, shard, at, record);
        at++;
    }
    return at;
}

static void write_child(struct answer *answer, const struct shard *child)
{
    answer_open_map(answer);
    answer_name(answer, STR("ShardId"));
    shard_id_write(answer_begin_text(answer), child->number);
    answer_end_text(answer);
    answer_name(answer, STR("ParentShards"));
    answer_open_array(answer);
    for (uint32_t i = 0; i < child->parents_count; i++) {
        shard_id_write(answer_begin_text(answer), child->parents[i]);
        answer_end_text(answer);
    }
    answer_close_array(answer);
    shard_write_range(answer, child);
    answer_close_map(answer);
}

// Who has read a closed shard to its end is told where to go on.
static void write_children(
    struct answer *answer, const struct stream *stream, const struct shard *shard)
{
    answer_name(answer, STR("ChildShards"));
    answer_open_array(answer);
    for (uint32_t i = shard->number + 1; i < stream->shards_count; i++)
        if (shard_is_parent(shard, &stream->shards[i]))
            write_child(answer, &stream->shards[i]);
    answer_close_array(answer);
}

bool get_records(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    require_text(&complaints, parameters->iterator, "shardIterator");
    check_range(&complaints, parameters->limit, "limit", LIMIT_READ_RECORDS);
    if (!complaints_settle(&complaints, refusal))
        return false;

    struct buf text;
    buf_init(&text, ITERATOR_BYTES_MAX);
    struct iterator iterator;
    const struct shard *shard = NULL;
    if (!iterator_parse(parameters->iterator.text, &text, &iterator))
        refuse(refusal, "InvalidArgumentException", "Invalid ShardIterator.");
    else if (check_age(account, &iterator, refusal))
        shard = find_shard(account, &iterator, refusal);

    if (shard) {
        const uint64_t limit =
            parameters->limit.given ? (uint64_t)parameters->limit.value : LIMIT_READ_RECORDS;
        answer_open_map(answer);
        answer_name(answer, STR("Records"));
        answer_open_array(answer);
        const uint64_t from = iterator.position;
        iterator.position = write_records(answer, shard, from, limit);
        iterator.made_ms = account->now_ms;
        account->counters.records_read += iterator.position - from;
        answer_close_array(answer);
        int64_t behind_ms = 0;
        if (iterator.position < shard->log.count)
            behind_ms = account->now_ms - shard_log_at(&shard->log, iterator.position).arrived_ms;
        if (shard->closed_ms > 0 && iterator.position == shard->log.count) {
            write_children(answer, find_stream(account, &iterator), shard);
        } else {
            answer_name(answer, STR("NextShardIterator"));
            iterator_write(answer_begin_text(answer), &iterator);
            answer_end_text(answer);
        }
        answer_name(answer, STR("MillisBehindLatest"));
        answer_number(answer, (uint64_t)behind_ms);
        answer_close_map(answer);
    }
    buf_release(&text);
    return shard != NULL;
}
