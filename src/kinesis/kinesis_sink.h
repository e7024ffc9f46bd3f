// kinesis_sink - the sink that is a Kinesis data stream: a batch in, a PutRecords call out.
//
// It does not retry: a batch comes back with what its one request brought. Its outcomes are those
// of a record each; when the request failed as a whole, batch->err says why:
//   ERR_RETRY     throttled, or unknown: a timeout, a lost connection, a failure inside
//   ERR_OPERATOR  not stored: credentials, permissions, the stream itself
//   ERR_DATA      not stored: the service refuses this request, and would again
// Where the service asks to be left alone for a while, batch->retry_after_ms says how long.
// A request that surely never left is "failed", not "unknown": no duplicate can come of it.
#ifndef PGK_KINESIS_KINESIS_SINK_H
#define PGK_KINESIS_KINESIS_SINK_H

#include "base/err.h"
#include "base/step.h"
#include "base/str.h"
#include "kinesis/describe_stream.h"
#include "model/sink.h"
#include "model/wire_choice.h"

// Strings are "" when not given; they outlive the sink.
struct kinesis_options {
    struct str stream; // A name or an ARN.
    struct str endpoint_url;
    struct str region;
    struct str profile;
    bool insecure_endpoint;
    enum wire_choice wire;
    size_t requests_max; // At the same time; 0: 16.

    // Not 0: records go where the hash keys of 2^bits lanes say, several rows of one as an
    // aggregate. The lanes are fixed: were they others, a key's records would lie in another shard.
    unsigned lane_bits;
};

struct kinesis_sink;

// Finds out all that can be wrong without a request: NULL with err then. Freed as a sink.
struct kinesis_sink *kinesis_sink_new(const struct kinesis_options *options, struct err *err);
struct sink *kinesis_sink_base(struct kinesis_sink *sink);

// Asks what the stream is, besides any batches; then step until it is not busy, sleeping in wait().
// Credentials that may not ask are no failure: facts->described is false then.
void kinesis_sink_describe_start(struct kinesis_sink *sink);
enum step kinesis_sink_describe_step(
    struct kinesis_sink *sink, struct stream_facts *facts, struct err *err);

// Where requests go, for a log line; borrowed.
const char *kinesis_sink_url(const struct kinesis_sink *sink);
const char *kinesis_sink_region(const struct kinesis_sink *sink);

#endif
