// put_records - the PutRecords call: its body from a batch, a batch's outcomes from its reply.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html. A reply is read in
// the form that it comes in: front ends answer in JSON what was asked in CBOR now and then
// (aws-sdk-java-v2, issue 1595).
#ifndef PGK_KINESIS_PUT_RECORDS_H
#define PGK_KINESIS_PUT_RECORDS_H

#include "base/err.h"
#include "base/str.h"
#include "model/aggregate.h"

#include <stdbool.h>
#include <stddef.h>

struct batch;
struct buf;
struct lane_key;
struct stream_name;
struct wire;

enum {
    // A full request in Base64, and its longest keys with every character escaped.
    PUT_RECORDS_BODY_BYTES_MAX = 16 << 20,
    PUT_RECORDS_AGGREGATES_BYTES_MAX = AGGREGATES_SEALED_MAX * AGGREGATE_BYTES_MAX
};

// Where records go and how. All of it is borrowed.
struct put_records_form {
    const struct wire *wire;
    const struct stream_name *stream;

    // With lane keys, by lane, an entry goes where its lane's says, and rows that are chained to
    // its first go along as one aggregate. NULL: each record goes where its partition key says.
    const struct lane_key *lane_keys;
    struct buf *aggregates; // To build them in; it has room for PUT_RECORDS_AGGREGATES_BYTES_MAX.
};

// Adds the body to buf; one that does not fit is for the caller to see by buf_ok().
void put_records_write(
    struct buf *buf, const struct put_records_form *form, const struct batch *batch);

// How many records fared how, and what the service said of the first one that was not stored.
struct put_records_counts {
    size_t stored;
    size_t throttled;
    size_t failed;
    struct err_quote first_failure; // "" when there was none.
};

// Reads the body of a reply with status 200, which is spent, into the batch's outcomes and
// placements. False, with all outcomes unknown, when it is not the answer to this request: then
// nothing it says is believed.
MUST_CHECK bool put_records_read(
    struct batch *batch, struct buf *body, struct put_records_counts *counts, struct err *err);

#endif
