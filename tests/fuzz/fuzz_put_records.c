// The replies of the service: to PutRecords, to DescribeStreamSummary, and its errors. The first
// byte tells how many records the request had.
#include "kinesis/describe_stream.h"
#include "kinesis/put_records.h"
#include "kinesis/service_error.h"
#include "model/batch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_stored(const struct batch *batch)
{
    size_t stored = 0;
    for (size_t i = 0; i < batch->count; i++)
        stored += batch->outcomes[i] == OUTCOME_STORED;
    return stored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = {.ptr = (const char *)data + 1, .len = size - 1};

    static struct batch batch;
    batch.count = 1 + data[0] % 8;
    struct put_records_counts counts;
    struct err err;
    bool believed = put_records_read(&batch, body, &counts, &err);
    assert(count_stored(&batch) == counts.stored);
    assert(counts.stored + counts.throttled + counts.failed == (believed ? batch.count : 0));

    struct stream_facts facts;
    if (describe_stream_read(body, &facts, &err))
        assert(facts.record_bytes_max >= 1024 && facts.record_bytes_max <= BATCH_BYTES_MAX);

    struct service_error error = service_error_read(400, STR(""), body);
    service_error_explain(&error, "PutRecords", &err);
    return 0;
}
