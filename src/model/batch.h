// batch - the records of one request, and afterwards what became of each.
//
// Delivery fills a batch and gives it to a sink; the sink writes the outcomes and gives it back.
// While the sink has it, the batch owns its records.
//
// An entry of the request is a record or, where a lane's rows are aggregated, a chain of them by
// record->next: it is stored as a whole or not at all, so it has one outcome.
#ifndef PGK_MODEL_BATCH_H
#define PGK_MODEL_BATCH_H

#include "base/err.h"
#include "model/placement.h"

#include <stddef.h>
#include <stdint.h>

struct record;

// PutRecords takes 500 records and 10 MiB of data and keys
// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html). We stop at 1 MiB
// unless one record alone is larger: a request is as slow as its slowest shard.
enum {
    BATCH_RECORDS_MAX = 500,
    BATCH_BYTES_GOAL = 1 << 20,
    BATCH_BYTES_MAX = 10 << 20
};

enum outcome {
    OUTCOME_UNKNOWN,   // The request failed as a whole and may or may not have been stored.
    OUTCOME_STORED,    // Acknowledged.
    OUTCOME_THROTTLED, // Not stored: its shard was busy or, for a whole request, the stream.
    OUTCOME_FAILED,    // Not stored, or so the service says: an internal failure.
    OUTCOME_SKIPPED    // Not stored, and never to be: the operator's policy. It counts as paid.
};

struct batch {
    struct record *records[BATCH_RECORDS_MAX]; // The first one of each entry.
    enum outcome outcomes[BATCH_RECORDS_MAX];
    struct placement placements[BATCH_RECORDS_MAX]; // Of what was stored; of what was throttled,
                                                    // the shard. Unknown where not told.
    size_t count;                                   // Of entries.
    size_t record_count;                            // In all entries.
    size_t records_max;     // Fewer than there could be while the service refuses one of them.
    size_t request_bytes;   // Data and partition keys, as the service counts them.
    int64_t sent_ms;        // When it was given to the sink.
    int64_t retry_after_ms; // The service asks to be left alone for so long; 0: it does not.
    struct err err;         // Why the request failed as a whole; ERR_NONE when it did not.
};

// With its records. NULL is none.
void batch_free(struct batch *batch);

// One outcome for every entry.
void batch_settle_all(struct batch *batch, enum outcome outcome);

#endif
