// The replies of the service: to PutRecords, to DescribeStreamSummary, and its errors. The first
// byte tells how many records the request had. What is made of an answer to PutRecords is what
// reading each of its entries by itself makes of it.
#include "base/alloc.h"
#include "base/buf.h"
#include "kinesis/describe_stream.h"
#include "kinesis/put_records.h"
#include "kinesis/service_error.h"
#include "model/batch.h"
#include "read_plainly.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_stored(const struct batch *batch)
{
    size_t stored = 0;
    for (size_t i = 0; i < batch->count; i++)
        stored += batch->outcomes[i] == OUTCOME_STORED;
    return stored;
}

static void read_records(struct buf *body, size_t sent)
{
    static struct batch batch;
    batch.count = sent;
    struct put_records_counts counts;
    struct err err;
    bool believed = put_records_read(&batch, body, &counts, &err);
    assert(count_stored(&batch) == counts.stored);
    assert(counts.stored + counts.throttled + counts.failed == (believed ? batch.count : 0));
}

static void read_stream(struct buf *body)
{
    struct stream_facts facts;
    struct err err;
    if (describe_stream_read(body, &facts, &err))
        assert(facts.record_bytes_max >= 1024 && facts.record_bytes_max <= BATCH_BYTES_MAX);
}

static void read_refusal(struct buf *body)
{
    struct err err;
    struct service_error error = service_error_read(400, STR(""), body);
    service_error_explain(&error, "PutRecords", &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct str text = {.ptr = (const char *)data + 1, .len = size - 1};

    const size_t sent = 1 + data[0] % 8;

    struct buf body = spendable_copy(text);
    read_records(&body, sent);
    buf_release(&body);
    bool believed;
    assert(is_read_as_plainly(text, sent, &believed));

    body = spendable_copy(text);
    read_stream(&body);
    buf_release(&body);

    body = spendable_copy(text);
    read_refusal(&body);
    buf_release(&body);
    return 0;
}
