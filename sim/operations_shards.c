#include "base/base64.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/blob.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"

#include <assert.h>
#include <inttypes.h>

enum {
    PAGE_SHARDS_MAX = 10000,
    PAGE_SHARDS_DEFAULT = 1000,
    TOKEN_BYTES_MAX = 512,
};

static void write_hash_key(struct answer *answer, struct str name, hash_key_t key)
{
    answer_name(answer, name);
    hash_key_write(answer_begin_text(answer), key);
    answer_end_text(answer);
}

void shard_write_range(struct answer *answer, const struct shard *shard)
{
    answer_name(answer, STR("HashKeyRange"));
    answer_open_map(answer);
    write_hash_key(answer, STR("StartingHashKey"), shard->first_key);
    write_hash_key(answer, STR("EndingHashKey"), shard->last_key);
    answer_close_map(answer);
}

static void write_id(struct answer *answer, struct str name, uint32_t number)
{
    answer_name(answer, name);
    shard_id_write(answer_begin_text(answer), number);
    answer_end_text(answer);
}

static void write_sequence(struct answer *answer, struct str name, struct sequence sequence)
{
    answer_name(answer, name);
    sequence_write(answer_begin_text(answer), sequence);
    answer_end_text(answer);
}

void shard_write(struct answer *answer, const struct shard *shard)
{
    answer_open_map(answer);
    write_id(answer, STR("ShardId"), shard->number);
    if (shard->parents_count > 0)
        write_id(answer, STR("ParentShardId"), shard->parents[0]);
    if (shard->parents_count > 1)
        write_id(answer, STR("AdjacentParentShardId"), shard->parents[1]);
    shard_write_range(answer, shard);
    answer_name(answer, STR("SequenceNumberRange"));
    answer_open_map(answer);
    write_sequence(answer, STR("StartingSequenceNumber"), shard_first_sequence(shard));
    if (shard->closed_ms > 0)
        write_sequence(answer, STR("EndingSequenceNumber"), shard_last_sequence(shard));
    answer_close_map(answer);
    answer_close_map(answer);
}

enum filter {
    FILTER_NONE,
    FILTER_AFTER_SHARD_ID,
    FILTER_AT_TRIM_HORIZON,
    FILTER_FROM_TRIM_HORIZON,
    FILTER_AT_LATEST,
    FILTER_AT_TIMESTAMP,
    FILTER_FROM_TIMESTAMP,
};

static const struct str filter_names[] = {
    [FILTER_NONE] = STR_CONST(""),
    [FILTER_AFTER_SHARD_ID] = STR_CONST("AFTER_SHARD_ID"),
    [FILTER_AT_TRIM_HORIZON] = STR_CONST("AT_TRIM_HORIZON"),
    [FILTER_FROM_TRIM_HORIZON] = STR_CONST("FROM_TRIM_HORIZON"),
    [FILTER_AT_LATEST] = STR_CONST("AT_LATEST"),
    [FILTER_AT_TIMESTAMP] = STR_CONST("AT_TIMESTAMP"),
    [FILTER_FROM_TIMESTAMP] = STR_CONST("FROM_TIMESTAMP"),
};

enum {
    FILTERS_COUNT = sizeof filter_names / sizeof filter_names[0],
};

// On the wire a token is Base64 of "MADE/STREAM/CREATED/SHARD/FILTER/TIME".
struct page {
    struct stream *stream;
    uint64_t first; // The number of the first shard that may be on it.
    uint64_t filter;
    uint64_t time_ms; // The filter's.
};

// No record is ever trimmed: at the horizon stand the shards that the stream began with.
static bool passes(const struct page *page, const struct shard *shard)
{
    const bool was_open_then = shard->closed_ms == 0 || shard->closed_ms > (int64_t)page->time_ms;
    switch ((enum filter)page->filter) {
    case FILTER_AT_TRIM_HORIZON:
        return shard->parents_count == 0;
    case FILTER_AT_LATEST:
        return shard->closed_ms == 0;
    case FILTER_AT_TIMESTAMP:
        return was_open_then && shard->created_ms <= (int64_t)page->time_ms;
    case FILTER_FROM_TIMESTAMP:
        return was_open_then;
    case FILTER_NONE:
    case FILTER_AFTER_SHARD_ID:
    case FILTER_FROM_TRIM_HORIZON:
        break;
    }
    return true;
}

// The number of the next shard from that one on that passes; their count when none does.
static uint64_t next_passing(const struct page *page, uint64_t number)
{
    while (number < page->stream->shards_count && !passes(page, &page->stream->shards[number]))
        number++;
    return number;
}

static bool read_token(
    struct account *account, struct str token, struct page *page, struct refusal *refusal)
{
    struct buf text;
    buf_init(&text, TOKEN_BYTES_MAX);
    size_t bytes;
    bool ok = blob_measure(token, &bytes) && bytes > 0 && base64_read(&text, token);
    struct str rest = buf_str(&text);
    uint64_t made_ms = 0;
    uint64_t created_ms = 0;
    ok = ok && str_to_u64(str_cut(&rest, '/'), 0, INT64_MAX, &made_ms);
    struct str name = str_cut(&rest, '/');
    ok = ok && str_to_u64(str_cut(&rest, '/'), 0, INT64_MAX, &created_ms) &&
         str_to_u64(str_cut(&rest, '/'), 0, INT32_MAX, &page->first) &&
         str_to_u64(str_cut(&rest, '/'), 0, FILTERS_COUNT - 1, &page->filter) &&
         str_to_u64(rest, 0, INT64_MAX, &page->time_ms);
    page->stream = ok ? streams_find(&account->streams, name) : NULL;
    buf_release(&text);
    if (!page->stream || page->stream->created_ms != (int64_t)created_ms)
        return refuse(refusal, "InvalidArgumentException", "NextToken is invalid.");
    if (account->now_ms - (int64_t)made_ms > LIMIT_ITERATOR_AGE_MS)
        return refuse(refusal, "ExpiredNextTokenException",
            "NextToken has expired: it was made more than %d milliseconds ago.",
            LIMIT_ITERATOR_AGE_MS);
    return true;
}

static void write_token(struct buf *buf, const struct account *account, const struct page *page)
{
    struct buf text;
    buf_init(&text, TOKEN_BYTES_MAX);
    buf_printf(&text, "%" PRId64 "/%s/%" PRId64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64,
        account->now_ms, page->stream->name, page->stream->created_ms, page->first, page->filter,
        page->time_ms);
    base64_write(buf, buf_str(&text));
    buf_release(&text);
}

static enum filter find_filter(struct text_parameter type)
{
    for (size_t i = FILTER_NONE + 1; type.given && i < FILTERS_COUNT; i++)
        if (str_equal(type.text, filter_names[i]))
            return (enum filter)i;
    return FILTER_NONE;
}

static void check_filter(struct complaints *complaints, struct text_parameter type)
{
    if (type.given && find_filter(type) == FILTER_NONE)
        complain(complaints,
            "Value '" STR_FMT "' at 'shardFilter.type' failed to satisfy constraint: Member must "
            "satisfy enum value set: [AFTER_SHARD_ID, AT_TIMESTAMP, FROM_TRIM_HORIZON, "
            "FROM_TIMESTAMP, "
            "AT_LATEST, AT_TRIM_HORIZON]",
            STR_ARG(type.text));
}

// The number of the shard after the one that is named.
static bool after_shard(struct str id, uint64_t *first, struct refusal *refusal)
{
    uint32_t number;
    if (!shard_id_parse(id, &number))
        return refuse(
            refusal, "InvalidArgumentException", "Shard id " STR_FMT " is not valid.", STR_ARG(id));
    *first = (uint64_t)number + 1;
    return true;
}

static bool read_start(
    const struct parameters *parameters, struct page *page, struct refusal *refusal)
{
    struct number_parameter time_ms = parameters->filter_time_ms;
    const enum filter filter = find_filter(parameters->filter_type);
    page->first = 0;
    page->filter = filter;
    page->time_ms = time_ms.given && time_ms.value > 0 ? (uint64_t)time_ms.value : 0;
    if ((filter == FILTER_AT_TIMESTAMP || filter == FILTER_FROM_TIMESTAMP) && !time_ms.given)
        return refuse(refusal, "InvalidArgumentException",
            "Timestamp must be provided for shard filter type " STR_FMT ".",
            STR_ARG(filter_names[filter]));
    if (filter == FILTER_AFTER_SHARD_ID) {
        if (!parameters->filter_shard_id.given)
            return refuse(refusal, "InvalidArgumentException",
                "ShardId must be provided for shard filter type AFTER_SHARD_ID.");
        return after_shard(parameters->filter_shard_id.text, &page->first, refusal);
    }
    return !parameters->start_shard_id.given ||
           after_shard(parameters->start_shard_id.text, &page->first, refusal);
}

static bool find_page(struct account *account, const struct parameters *parameters,
    struct page *page, struct refusal *refusal)
{
    if (!parameters->next_token.given) {
        page->stream = account_stream(account, parameters, refusal);
        return page->stream && read_start(parameters, page, refusal);
    }
    if (parameters->stream_name.given || parameters->stream_arn.given)
        return refuse(refusal, "InvalidArgumentException",
            "NextToken and StreamName cannot be provided together.");
    if (parameters->start_shard_id.given || parameters->filter_type.given)
        return refuse(refusal, "InvalidArgumentException",
            "NextToken and %s cannot be provided together.",
            parameters->start_shard_id.given ? "ExclusiveStartShardId" : "ShardFilter");
    return read_token(account, parameters->next_token.text, page, refusal);
}

bool list_shards(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    check_range(&complaints, parameters->max_results, "maxResults", PAGE_SHARDS_MAX);
    check_filter(&complaints, parameters->filter_type);
    struct page page = {.stream = NULL};
    if (!complaints_settle(&complaints, refusal) || !find_page(account, parameters, &page, refusal))
        return false;
    assert(page.stream);

    const uint64_t most = parameters->max_results.given ? (uint64_t)parameters->max_results.value
                                                        : PAGE_SHARDS_DEFAULT;
    answer_open_map(answer);
    answer_name(answer, STR("Shards"));
    answer_open_array(answer);
    page.first = next_passing(&page, page.first);
    for (uint64_t i = 0; page.first < page.stream->shards_count && i < most; i++) {
        shard_write(answer, &page.stream->shards[page.first]);
        page.first = next_passing(&page, page.first + 1);
    }
    answer_close_array(answer);
    if (page.first < page.stream->shards_count) {
        answer_name(answer, STR("NextToken"));
        write_token(answer_begin_text(answer), account, &page);
        answer_end_text(answer);
    }
    answer_close_map(answer);
    return true;
}
