// sink - where batches go: Kinesis, standard output, a simulation.
//
// A sink never blocks but in wait(). Batches may come back in another order than they went.
#ifndef PGK_MODEL_SINK_H
#define PGK_MODEL_SINK_H

#include "base/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;

struct sink {
    // What it refuses with ERR_OPERATOR it refuses for good: nobody can mend it while we run.
    bool refuses_for_good;

    // True when submit() may be called.
    bool (*has_room)(const struct sink *sink);

    // Takes the batch; it has at least one record.
    void (*submit)(struct sink *sink, struct batch *batch);

    // Gives a batch back with its outcomes; NULL when none is done.
    struct batch *(*next_done)(struct sink *sink);

    // What the requests that are out take besides their records: part of what --max-memory bounds.
    size_t (*memory_bytes)(const struct sink *sink);

    // Sleep until a request moves, one of fds is ready, or the time is over (-1: no end); then do
    // what is due. The program sleeps nowhere else.
    void (*wait)(struct sink *sink, struct wait_fd *fds, size_t count, int timeout_ms);

    // Batches that are still out are freed with their records: whoever frees a sink before
    // everything came back does not learn what became of them.
    void (*free)(struct sink *sink);
};

#endif
