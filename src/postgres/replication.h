// replication - a replication slot as a source of events.
//
// Opening connects, looks at the slot, makes one if that is wished, and starts the stream; it
// sleeps by the given waiter. From then on nothing blocks. A relation that is new waits for the
// catalog's word on its key before its first change is given.
#ifndef PGK_POSTGRES_REPLICATION_H
#define PGK_POSTGRES_REPLICATION_H

#include "base/err.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stdint.h>

struct source;
struct waiter;

struct replication_options {
    const char *source;
    const char *slot;
    bool create;        // Make the slot when there is none.
    bool temporary;     // Make it, for this connection only, when there is none.
    bool never_confirm; // Only look: leave the slot where it is.
    bool ask_often;     // The caller waits for a position: ask the server for its own, often.
};

// Where we were when a connection ended. All zero at first; open() fills it.
struct replication_place {
    lsn_t flushed;
    char system_id[24];
    uint32_t timeline;
    bool streamed; // A stream was started once: the slot is ours to miss.
};

// The running stream, NULL with *err. `place` is used to go on where we were, if the server is the
// same, and is brought up to date: place->flushed is where the stream begins. *server_position is
// up to where the server's log was flushed when we came.
struct source *replication_open(const struct replication_options *options,
    struct replication_place *place, lsn_t *server_position, struct waiter *waiter,
    struct err *err);

#endif
