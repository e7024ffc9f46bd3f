#include "kinesis/describe_stream.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "kinesis/json_read.h"
#include "kinesis/stream_name.h"

enum {
    KIB_DEFAULT = 1024,  // Before UpdateMaxRecordSize is called, and on streams that lack it.
    KIB_MOST = 10 << 10, // API reference, UpdateMaxRecordSize.
    SHARDS_MOST = 1 << 24
};

struct stream_facts stream_facts_assumed(void)
{
    return (struct stream_facts){.record_bytes_max = (size_t)KIB_DEFAULT << 10};
}

void describe_stream_write(struct buf *buf, const struct stream_name *stream)
{
    buf_add(buf, stream->is_arn ? STR("{\"StreamARN\":") : STR("{\"StreamName\":"));
    json_write_string(buf, stream->text);
    buf_add_byte(buf, '}');
}

static struct stream_facts read_facts(const json_t *summary)
{
    const struct json_bounds kib = {.least = 1, .most = KIB_MOST};
    const struct json_bounds shards = {.least = 0, .most = SHARDS_MOST};
    struct str distribution = json_member_string(summary, "RecordDistributionStrategy");
    return (struct stream_facts){
        .described = true,
        .record_bytes_max =
            (size_t)json_member_integer(summary, "MaxRecordSizeInKiB", kib, KIB_DEFAULT) << 10,
        .open_shards = (size_t)json_member_integer(summary, "OpenShardCount", shards, 0),
        .distribution_auto = str_equal(distribution, STR("AUTO")),
    };
}

static bool check_status(struct str status, struct err *err)
{
    // A stream that is UPDATING takes records.
    if (str_equal(status, STR("ACTIVE")) || str_equal(status, STR("UPDATING")))
        return true;
    if (str_equal(status, STR("DELETING")))
        return err_set(err, ERR_OPERATOR, "the stream is being deleted");
    return err_set(
        err, ERR_RETRY, "the stream is not active: its status is \"%s\"", err_quote(status).text);
}

bool describe_stream_read(struct str body, struct stream_facts *facts, struct err *err)
{
    json_t *reply = json_read_object(body);
    const json_t *summary = json_object_get(reply, "StreamDescriptionSummary");
    bool ok = json_is_object(summary)
                  ? check_status(json_member_string(summary, "StreamStatus"), err)
                  : err_set(err, ERR_RETRY, "the reply to DescribeStreamSummary is not its JSON");
    if (ok)
        *facts = read_facts(summary);
    json_decref(reply);
    return ok;
}
