#include "kinesis/describe_stream.h"

#include "base/buf.h"
#include "base/document.h"

enum {
    KIB_DEFAULT = 1024,  // Before UpdateMaxRecordSize is called, and on streams that lack it.
    KIB_MOST = 10 << 10, // API reference, UpdateMaxRecordSize.
    SHARDS_MOST = 1 << 24
};

struct stream_facts stream_facts_assumed(void)
{
    return (struct stream_facts){.record_bytes_max = (size_t)KIB_DEFAULT << 10};
}

// A whole number in these bounds, otherwise the default.
struct bounds {
    int64_t least;
    int64_t most;
    int64_t otherwise;
};
static size_t read_number(struct document *reply, struct bounds bounds)
{
    if (document_peek(reply) != CBOR_KIND_NUMBER) {
        document_skip(reply);
        return (size_t)bounds.otherwise;
    }
    double number = document_number(reply);
    bool fits = number >= (double)bounds.least && number <= (double)bounds.most;
    return (size_t)(fits ? (int64_t)number : bounds.otherwise);
}

// Returns the stream's status, "" when it is not told.
static struct str read_summary(struct document *reply, struct stream_facts *facts)
{
    const struct bounds kib = {.least = 1, .most = KIB_MOST, .otherwise = KIB_DEFAULT};
    const struct bounds shards = {.least = 0, .most = SHARDS_MOST, .otherwise = 0};
    struct str status = STR("");
    struct str name;
    facts->described = true;
    document_enter_map(reply);
    while (document_member(reply, &name)) {
        if (str_equal(name, STR("StreamStatus")))
            status = document_text_or_skip(reply);
        else if (str_equal(name, STR("MaxRecordSizeInKiB")))
            facts->record_bytes_max = read_number(reply, kib) << 10;
        else if (str_equal(name, STR("OpenShardCount")))
            facts->open_shards = read_number(reply, shards);
        else if (str_equal(name, STR("RecordDistributionStrategy")))
            facts->distribution_auto = str_equal(document_text_or_skip(reply), STR("AUTO"));
        else
            document_skip(reply);
    }
    return status;
}

static bool check_status(struct str status, struct err *err)
{
    // A stream that is UPDATING takes records.
    if (str_equal(status, STR("ACTIVE")) || str_equal(status, STR("UPDATING")))
        return true;
    if (str_equal(status, STR("DELETING"))) {
        err_set(err, ERR_OPERATOR, "the stream is being deleted");
        return err_hint(err, "name another one, or create it anew");
    }
    err_set(
        err, ERR_RETRY, "the stream is not active: its status is \"%s\"", err_quote(status).text);
    return err_hint(err, "wait until it is: aws kinesis wait stream-exists");
}

bool describe_stream_read(struct buf *body, struct stream_facts *facts, struct err *err)
{
    struct document reply = document_over_either(body->ptr, body->len);
    struct stream_facts told = stream_facts_assumed();
    struct str status = STR("");
    struct str name;
    document_enter_map(&reply);
    while (document_member(&reply, &name)) {
        if (str_equal(name, STR("StreamDescriptionSummary")))
            status = read_summary(&reply, &told);
        else
            document_skip(&reply);
    }
    if (!document_done(&reply) || !told.described)
        return err_set(err, ERR_RETRY, "the reply to DescribeStreamSummary cannot be read");
    if (!check_status(status, err))
        return false;
    *facts = told;
    return true;
}
