#include "base/base64.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/blob.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"

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

void shard_write(struct answer *answer, const struct shard *shard)
{
    answer_open_map(answer);
    answer_name(answer, STR("ShardId"));
    shard_id_write(answer_begin_text(answer), shard->number);
    answer_end_text(answer);
    answer_name(answer, STR("HashKeyRange"));
    answer_open_map(answer);
    write_hash_key(answer, STR("StartingHashKey"), shard->first_key);
    write_hash_key(answer, STR("EndingHashKey"), shard->last_key);
    answer_close_map(answer);
    answer_name(answer, STR("SequenceNumberRange"));
    answer_open_map(answer);
    answer_name(answer, STR("StartingSequenceNumber"));
    sequence_write(answer_begin_text(answer), shard_first_sequence(shard));
    answer_end_text(answer);
    answer_close_map(answer);
    answer_close_map(answer);
}

// On the wire a token is Base64 of "MADE/STREAM/CREATED/SHARD".
struct page {
    struct stream *stream;
    uint64_t first; // The number of the first shard on it.
};

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
         str_to_u64(rest, 0, INT32_MAX, &page->first);
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
    buf_printf(&text, "%" PRId64 "/%s/%" PRId64 "/%" PRIu64, account->now_ms, page->stream->name,
        page->stream->created_ms, page->first);
    base64_write(buf, buf_str(&text));
    buf_release(&text);
}

static void check_filter(struct complaints *complaints, const struct parameters *parameters)
{
    static const struct str types[] = {STR_CONST("AFTER_SHARD_ID"), STR_CONST("AT_TRIM_HORIZON"),
        STR_CONST("FROM_TRIM_HORIZON"), STR_CONST("AT_LATEST"), STR_CONST("AT_TIMESTAMP"),
        STR_CONST("FROM_TIMESTAMP")};
    struct text_parameter type = parameters->filter_type;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!type.given || str_equal(type.text, types[i]))
            return;
    complain(complaints,
        "Value '" STR_FMT "' at 'shardFilter.type' failed to satisfy constraint: Member must "
        "satisfy enum value set: [AFTER_SHARD_ID, AT_TIMESTAMP, FROM_TRIM_HORIZON, FROM_TIMESTAMP, "
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

// Every shard is open and has been since its stream began, so that every filter but AFTER_SHARD_ID
// lets all of them pass.
static bool read_start(
    const struct parameters *parameters, struct page *page, struct refusal *refusal)
{
    page->first = 0;
    struct text_parameter type = parameters->filter_type;
    const bool by_time = type.given && (str_equal(type.text, STR("AT_TIMESTAMP")) ||
                                           str_equal(type.text, STR("FROM_TIMESTAMP")));
    if (by_time && !parameters->filter_time_ms.given)
        return refuse(refusal, "InvalidArgumentException",
            "Timestamp must be provided for shard filter type " STR_FMT ".", STR_ARG(type.text));
    if (type.given && str_equal(type.text, STR("AFTER_SHARD_ID"))) {
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
    check_filter(&complaints, parameters);
    struct page page;
    if (!complaints_settle(&complaints, refusal) || !find_page(account, parameters, &page, refusal))
        return false;

    const uint64_t most = parameters->max_results.given ? (uint64_t)parameters->max_results.value
                                                        : PAGE_SHARDS_DEFAULT;
    answer_open_map(answer);
    answer_name(answer, STR("Shards"));
    answer_open_array(answer);
    const uint64_t end = page.first + most;
    for (; page.first < page.stream->shards_count && page.first < end; page.first++)
        shard_write(answer, &page.stream->shards[page.first]);
    answer_close_array(answer);
    if (page.first < page.stream->shards_count) {
        answer_name(answer, STR("NextToken"));
        write_token(answer_begin_text(answer), account, &page);
        answer_end_text(answer);
    }
    answer_close_map(answer);
    return true;
}
