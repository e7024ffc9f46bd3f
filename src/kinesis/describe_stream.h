// describe_stream - the DescribeStreamSummary call: what the stream is.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
#ifndef PGK_KINESIS_DESCRIBE_STREAM_H
#define PGK_KINESIS_DESCRIBE_STREAM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct stream_facts {
    bool described;          // False when the credentials may not ask: the rest is assumed.
    size_t record_bytes_max; // Data and key of a record.
    size_t open_shards;      // 0: not known.
    bool distribution_auto;  // The service places records as it likes: no order per key.
};

// What is assumed of a stream that may not be described.
struct stream_facts stream_facts_assumed(void);

// The request is a wire's write_stream(). Reads the body of a reply with status 200, which is
// spent. A stream on its way to be is worth another try.
MUST_CHECK bool describe_stream_read(struct buf *body, struct stream_facts *facts, struct err *err);

#endif
