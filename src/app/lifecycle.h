// lifecycle - a run of the program, from connecting to leaving.
//
//            +-----------------------------------------------+
//            v                                               |
//        CONNECT ----> STREAM ----> SETTLE ----> BACKOFF ----+
//            |            |            |            |
//            |            v            v            v
//            +--------> DRAIN ------> EXIT <--------+
//
// STREAM turns the pump. A lost connection is settled: requests in flight are waited for, the rest
// is thrown away, since the server will send it again. DRAIN is for an end that was asked for: what
// was taken is delivered and confirmed.
#ifndef PGK_APP_LIFECYCLE_H
#define PGK_APP_LIFECYCLE_H

#include "app/open_sink.h"
#include "app/progress.h"
#include "app/pump.h"
#include "base/random.h"
#include "delivery/delivery.h"
#include "postgres/replication.h"
#include "postgres/replication_open.h"

#include <stdbool.h>
#include <stdint.h>

struct config;

enum lifecycle_state {
    LIFECYCLE_CONNECT,
    LIFECYCLE_STREAM,
    LIFECYCLE_DRAIN,
    LIFECYCLE_SETTLE,
    LIFECYCLE_BACKOFF,
    LIFECYCLE_EXIT
};

struct lifecycle {
    const struct config *config;
    struct open_sink sink;
    struct delivery delivery;
    struct pump pump;
    struct progress progress;
    struct replication_options replication;
    struct replication_place place;
    struct source *source;
    struct random random;
    char slot_name[64];
    enum lifecycle_state state;
    unsigned attempts; // Since a connection was healthy.
    int64_t connected_at_ms;
    uint64_t stored_before; // Records, when it was connected.
    int64_t drain_until_ms;
    int exit_status;
};

// Borrows the config and takes the sink. Equal seeds wait equally long between attempts.
void lifecycle_init(struct lifecycle *life, const struct config *config,
    const struct open_sink *sink, uint64_t seed);

// Takes a step, which may sleep. False when it was the last one.
bool lifecycle_step(struct lifecycle *life);

// Returns the exit status. After the last step everybody was told what there was to tell; before
// it this ends as a kill does: connections and requests break off.
int lifecycle_release(struct lifecycle *life);

#endif
