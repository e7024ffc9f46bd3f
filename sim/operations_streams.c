#include "base/base64.h"
#include "sim/account.h"
#include "sim/blob.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"

#include <inttypes.h>

enum {
    ON_DEMAND_SHARDS = 4, // What the service gives an on-demand stream to begin with.
    PAGE_DEFAULT = 100,
    PAGE_MAX = 10000,
};

static const char *mode_name(const struct stream *stream)
{
    return stream->on_demand ? "ON_DEMAND" : "PROVISIONED";
}

// The members that every description of a stream begins with, without the brace.
static void write_identity(
    struct buf *answer, const struct account *account, const struct stream *stream)
{
    buf_printf(answer, "\"StreamName\":\"%s\",\"StreamARN\":\"", stream->name);
    account_write_arn(answer, account, stream);
    const char *status = account->faults.rates.stream_status;
    buf_printf(answer,
        "\",\"StreamStatus\":\"%s\",\"StreamModeDetails\":{\"StreamMode\":\"%s\"},"
        "\"StreamCreationTimestamp\":%" PRId64 ".%03" PRId64,
        *status ? status : "ACTIVE", mode_name(stream), stream->created_ms / 1000,
        stream->created_ms % 1000);
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

bool create_stream(struct account *account, const struct parameters *parameters, struct buf *answer,
    struct refusal *refusal)
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
    if (streams_create(&account->streams, plan, account->now_ms))
        return true;
    return refuse(refusal, "ResourceInUseException",
        "Stream " STR_FMT " under account " STREAM_ACCOUNT " already exists.", STR_ARG(plan.name));
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

bool delete_stream(struct account *account, const struct parameters *parameters, struct buf *answer,
    struct refusal *refusal)
{
    (void)answer;
    struct stream *stream = named_stream(account, parameters, refusal);
    if (stream)
        streams_delete(&account->streams, stream);
    return stream != NULL;
}

bool describe_stream(struct account *account, const struct parameters *parameters,
    struct buf *answer, struct refusal *refusal)
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

    buf_add(answer, STR("{\"StreamDescription\":{"));
    write_identity(answer, account, stream);
    buf_add(answer, STR(",\"Shards\":["));
    for (bool first = true; at < stream->shards_count && at < end; at++, first = false) {
        if (!first)
            buf_add_byte(answer, ',');
        shard_write(answer, &stream->shards[at]);
    }
    buf_printf(answer,
        "],\"HasMoreShards\":%s,\"RetentionPeriodHours\":24,"
        "\"EnhancedMonitoring\":[{\"ShardLevelMetrics\":[]}],\"EncryptionType\":\"NONE\"}}",
        at < stream->shards_count ? "true" : "false");
    return true;
}

// Usually without RecordDistributionStrategy: a stream places records by their partition keys.
bool describe_stream_summary(struct account *account, const struct parameters *parameters,
    struct buf *answer, struct refusal *refusal)
{
    const struct stream *stream = named_stream(account, parameters, refusal);
    if (!stream)
        return false;
    buf_add(answer, STR("{\"StreamDescriptionSummary\":{"));
    write_identity(answer, account, stream);
    buf_printf(answer,
        ",\"RetentionPeriodHours\":24,\"EnhancedMonitoring\":[{\"ShardLevelMetrics\":[]}],"
        "\"EncryptionType\":\"NONE\",\"OpenShardCount\":%" PRIu32 ",\"ConsumerCount\":0,"
        "\"MaxRecordSizeInKiB\":%" PRIu32 "%s}}",
        stream->shards_count, stream->record_kib_max,
        account->faults.rates.distributes ? ",\"RecordDistributionStrategy\":\"AUTO\"" : "");
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

static void write_summaries(struct buf *answer, const struct account *account, struct page page)
{
    buf_add(answer, STR("\"StreamSummaries\":["));
    for (size_t i = page.first; i < page.end; i++) {
        buf_add(answer, i > page.first ? STR(",{") : STR("{"));
        write_identity(answer, account, account->streams.sorted[i]);
        buf_add_byte(answer, '}');
    }
    buf_add_byte(answer, ']');
}

bool list_streams(struct account *account, const struct parameters *parameters, struct buf *answer,
    struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_range(&complaints, parameters->limit, "limit", PAGE_MAX);
    struct page page;
    if (!complaints_settle(&complaints, refusal) || !find_page(account, parameters, &page, refusal))
        return false;

    const struct streams *streams = &account->streams;
    buf_add(answer, STR("{\"StreamNames\":["));
    for (size_t i = page.first; i < page.end; i++)
        buf_printf(answer, "%s\"%s\"", i > page.first ? "," : "", streams->sorted[i]->name);
    buf_add(answer, STR("],"));
    write_summaries(answer, account, page);
    const bool has_more = page.end < streams->count;
    if (has_more && page.end > page.first) {
        buf_add(answer, STR(",\"NextToken\":\""));
        base64_write(answer, str_from_c(streams->sorted[page.end - 1]->name));
        buf_add_byte(answer, '"');
    }
    buf_printf(answer, ",\"HasMoreStreams\":%s}", has_more ? "true" : "false");
    return true;
}
