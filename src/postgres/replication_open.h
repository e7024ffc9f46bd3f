// replication_open - from a connection string and a slot's name to a running stream.
//
// It connects, looks at the slot, makes one if that is wished, checks that the server is the one we
// knew, and starts the stream. It sleeps by the given waiter: told to leave, it gives up.
#ifndef PGK_POSTGRES_REPLICATION_OPEN_H
#define PGK_POSTGRES_REPLICATION_OPEN_H

#include "base/err.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stdint.h>

struct replication_options;
struct source;
struct waiter;

// Where we were when a connection ended. All zero at first; open() fills it.
struct replication_place {
    lsn_t flushed;
    char system_id[24];
    uint32_t timeline;
    bool streamed; // A stream was started once: the slot is ours to miss.
};

// The running stream, NULL with *err. `place` is used to go on where we were, if the server is the
// same, and is brought up to date when the stream runs: place->flushed is where it begins.
// *server_position is up to where the server's log was flushed when we came.
struct source *replication_open(const struct replication_options *options,
    struct replication_place *place, lsn_t *server_position, struct waiter *waiter,
    struct err *err);

#endif
