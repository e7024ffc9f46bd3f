#include "base/base64.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/blob.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"

#include <inttypes.h>

enum {
    ON_DEMAND_SHARDS = 4, // What the service gives an on-demand stream to begin with.
    RETENTION_HOURS = 24,
    PAGE_DEFAULT = 100,
    PAGE_MAX = 10000,
};

static struct str mode_name(const struct stream *stream)
{
    return stream->on_demand ? STR("ON_DEMAND") : STR("PROVISIONED");
}

// The members that every description of a stream begins with.
static void write_identity(
    struct answer *answer, const struct account *account, const struct stream *stream)
{
    const char *told_status = account->faults.rates.stream_status;
    answer_name(answer, STR("StreamName"));
    answer_text(answer, str_from_c(stream->name));
    answer_name(answer, STR("StreamARN"));
    account_write_arn(answer_begin_text(answer), account, stream);
    answer_end_text(answer);
    answer_name(answer, STR("StreamStatus"));
    answer_text(answer, *told_status ? str_from_c(told_status) : stream_status_name(stream));
    answer_name(answer, STR("StreamModeDetails"));
    answer_open_map(answer);
    answer_name(answer, STR("StreamMode"));
    answer_text(answer, mode_name(stream));
    answer_close_map(answer);
    answer_name(answer, STR("StreamCreationTimestamp"));
    answer_time(answer, stream->created_ms);
}

// Likewise, of a stream described alone.
static void write_settings(struct answer *answer)
{
    answer_name(answer, STR("RetentionPeriodHours"));
    answer_number(answer, RETENTION_HOURS);
    answer_name(answer, STR("EnhancedMonitoring"));
    answer_open_array(answer);
    answer_open_map(answer);
    answer_name(answer, STR("ShardLevelMetrics"));
    answer_open_array(answer);
    answer_close_array(answer);
    answer_close_map(answer);
    answer_close_array(answer);
    answer_name(answer, STR("EncryptionType"));
    answer_text(answer, STR("NONE"));
}

static void check_mode(struct complaints *complaints, struct text_parameter mode)
{
    if (mode.given && !str_equal(mode.text, STR("PROVISIONED")) &&
        !str_equal(mode.text, STR("ON_DEMAND")))
        complain(complaints,
            "Value '" STR_FMT "' at 'streamModeDetails.streamMode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]",
            STR_ARG(mode.text));
}

bool create_stream(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer; // The service's is empty too.
    struct complaints complaints;
    complaints_init(&complaints);
    require_text(&complaints, parameters->stream_name, "streamName");
    check_stream_name(&complaints, parameters->stream_name);
    check_range(&complaints, parameters->shard_count, "shardCount", LIMIT_STREAM_SHARDS);
    check_mode(&complaints, parameters->stream_mode);
    if (!complaints_settle(&complaints, refusal))
        return false;

    struct stream_plan plan = {
        .name = parameters->stream_name.text,
        .on_demand = parameters->stream_mode.given &&
                     str_equal(parameters->stream_mode.text, STR("ON_DEMAND")),
        .shards_count = ON_DEMAND_SHARDS,
        .record_kib_max = account->rules.record_kib_max,
    };
    if (plan.on_demand == parameters->shard_count.given)
        return refuse(refusal, "ValidationException",
            plan.on_demand ? "ShardCount must not be set for streams in ON_DEMAND mode."
                           : "ShardCount must be set for streams in PROVISIONED mode.");
    if (!plan.on_demand)
        plan.shards_count = (uint32_t)parameters->shard_count.value;
    struct stream *stream = streams_create(&account->streams, plan, account->now_ms);
    if (!stream)
        return refuse(refusal, "ResourceInUseException",
            "Stream " STR_FMT " under account " STREAM_ACCOUNT " already exists.",
            STR_ARG(plan.name));
    account_change(account, stream, STREAM_CREATING);
    return true;
}

// The stream that a request about one stream is about.
static struct stream *named_stream(
    struct account *account, const struct parameters *parameters, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    check_range(&complaints, parameters->limit, "limit", PAGE_MAX);
    return complaints_settle(&complaints, refusal) ? account_stream(account, parameters, refusal)
                                                   : NULL;
}

bool delete_stream(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer;
    struct stream *stream = named_stream(account, parameters, refusal);
    if (!stream || !account_may_change(stream, refusal))
        return false;
    account_change(account, stream, STREAM_DELETING);
    return true;
}

bool describe_stream(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    const struct stream *stream = named_stream(account, parameters, refusal);
    if (!stream)
        return false;
    uint32_t at = 0;
    if (parameters->start_shard_id.given) {
        if (!shard_id_parse(parameters->start_shard_id.text, &at))
            return refuse(refusal, "InvalidArgumentException", "Shard id " STR_FMT " is not valid.",
                STR_ARG(parameters->start_shard_id.text));
        at++;
    }
    const uint64_t limit =
        parameters->limit.given ? (uint64_t)parameters->limit.value : PAGE_DEFAULT;
    const uint64_t end = at + limit;

    answer_open_map(answer);
    answer_name(answer, STR("StreamDescription"));
    answer_open_map(answer);
    write_identity(answer, account, stream);
    answer_name(answer, STR("Shards"));
    answer_open_array(answer);
    for (; at < stream->shards_count && at < end; at++)
        shard_write(answer, &stream->shards[at]);
    answer_close_array(answer);
    answer_name(answer, STR("HasMoreShards"));
    answer_bool(answer, at < stream->shards_count);
    write_settings(answer);
    answer_close_map(answer);
    answer_close_map(answer);
    return true;
}

// Usually without RecordDistributionStrategy: a stream places records by their partition keys.
bool describe_stream_summary(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    const struct stream *stream = named_stream(account, parameters, refusal);
    if (!stream)
        return false;
    answer_open_map(answer);
    answer_name(answer, STR("StreamDescriptionSummary"));
    answer_open_map(answer);
    write_identity(answer, account, stream);
    write_settings(answer);
    answer_name(answer, STR("OpenShardCount"));
    answer_number(answer, stream->open_count);
    answer_name(answer, STR("ConsumerCount"));
    answer_number(answer, 0);
    answer_name(answer, STR("MaxRecordSizeInKiB"));
    answer_number(answer, stream->record_kib_max);
    if (stream->distributes || account->faults.rates.distributes) {
        answer_name(answer, STR("RecordDistributionStrategy"));
        answer_text(answer, STR("AUTO"));
    }
    answer_close_map(answer);
    answer_close_map(answer);
    return true;
}

// The streams of one page: those from first to before end in the sorted list.
struct page {
    size_t first;
    size_t end;
};

static bool find_page(const struct account *account, const struct parameters *parameters,
    struct page *page, struct refusal *refusal)
{
    struct buf decoded;
    buf_init(&decoded, STREAM_NAME_BYTES_MAX + 2);
    struct str after = STR("");
    if (parameters->start_stream_name.given)
        after = parameters->start_stream_name.text;
    bool ok = true;
    if (parameters->next_token.given) {
        size_t bytes;
        ok = blob_measure(parameters->next_token.text, &bytes) &&
             base64_read(&decoded, parameters->next_token.text);
        after = buf_str(&decoded);
    }
    const uint64_t limit =
        parameters->limit.given ? (uint64_t)parameters->limit.value : PAGE_DEFAULT;
    page->first = streams_after(&account->streams, after);
    page->end = account->streams.count;
    if (page->end - page->first > limit)
        page->end = page->first + (size_t)limit;
    buf_release(&decoded);
    return ok || refuse(refusal, "InvalidArgumentException", "NextToken is invalid.");
}

static void write_page(struct answer *answer, const struct account *account, struct page page)
{
    answer_name(answer, STR("StreamNames"));
    answer_open_array(answer);
    for (size_t i = page.first; i < page.end; i++)
        answer_text(answer, str_from_c(account->streams.sorted[i]->name));
    answer_close_array(answer);
    answer_name(answer, STR("StreamSummaries"));
    answer_open_array(answer);
    for (size_t i = page.first; i < page.end; i++) {
        answer_open_map(answer);
        write_identity(answer, account, account->streams.sorted[i]);
        answer_close_map(answer);
    }
    answer_close_array(answer);
}

bool list_streams(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_range(&complaints, parameters->limit, "limit", PAGE_MAX);
    struct page page;
    if (!complaints_settle(&complaints, refusal) || !find_page(account, parameters, &page, refusal))
        return false;

    const struct streams *streams = &account->streams;
    answer_open_map(answer);
    write_page(answer, account, page);
    const bool has_more = page.end < streams->count;
    if (has_more && page.end > page.first) {
        answer_name(answer, STR("NextToken"));
        base64_write(answer_begin_text(answer), str_from_c(streams->sorted[page.end - 1]->name));
        answer_end_text(answer);
    }
    answer_name(answer, STR("HasMoreStreams"));
    answer_bool(answer, has_more);
    answer_close_map(answer);
    return true;
}
