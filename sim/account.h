// account - all that the operations work on: the streams, the rules, the counters.
#ifndef SIM_ACCOUNT_H
#define SIM_ACCOUNT_H

#include "base/buf.h"
#include "sim/faults.h"
#include "sim/replies.h"
#include "sim/streams.h"

#include <stdio.h>

struct parameters;
struct refusal;

struct counters {
    uint64_t requests;      // To the API.
    uint64_t cbor_requests; // Of them, those in CBOR that were understood as such.
    uint64_t put_records_requests;
    uint64_t requests_refused;
    uint64_t signature_failures;
    uint64_t records_stored;
    uint64_t bytes_stored; // Data and keys, also of what is discarded.
    // What AWS bills for (https://aws.amazon.com/kinesis/data-streams/pricing/): units of 25 KB a
    // record where shards are paid for, each record rounded up to 1 KB where the stream is on
    // demand.
    uint64_t payload_units;
    uint64_t rounded_kib;
    uint64_t bytes_received; // Of the bodies of PutRecords, as they came over the wire.
    uint64_t records_failed;
    uint64_t records_throttled; // By the limits, not by a fault.
    uint64_t records_read;
    uint64_t replies_dropped;
    uint64_t replies_stalled;
};

struct account_rules {
    bool paced;              // A shard takes what AWS lets it take, no more.
    bool discards_data;      // Data is checked, counted, and forgotten.
    bool only_json;          // No other form is understood.
    uint32_t record_kib_max; // Of a stream, as it is created.
};

struct account {
    struct account_rules rules;
    struct streams streams;
    struct faults faults;
    struct counters counters;
    struct replies replies;
    uint64_t request; // The number of the one being done; these four are of the same.
    struct str operation;
    struct strike strike; // What the rules do to it.
    struct str region;
    int64_t now_ms;     // Since 1970; once a request.
    struct buf decoded; // Scratch for one record's data.
    FILE *arrivals;     // Where each stored record is noted; NULL: nowhere.
};

void account_init(struct account *account, struct account_rules rules);
void account_release(struct account *account);

// The stream that a request names by its name, its ARN or both; NULL and refused when it names
// none, two, or one that is not there.
struct stream *account_stream(
    struct account *account, const struct parameters *parameters, struct refusal *refusal);

// The stream's shard of this identifier, open or closed; NULL and refused when it has none.
struct shard *account_shard(struct stream *stream, struct str id, struct refusal *refusal);

// Whether the stream is in no change already.
bool account_may_change(const struct stream *stream, struct refusal *refusal);
// From now on it is in one, for as long as the faults make changes last: not at all by default.
void account_change(struct account *account, struct stream *stream, enum stream_status change);

void account_write_arn(struct buf *buf, const struct account *account, const struct stream *stream);

#endif
