// source - where events come from. The replication stream is one.
//
// The program pulls: next() never blocks and never calls back. One number goes the other way: the
// flushed LSN, everything before which is stored.
#ifndef PGK_MODEL_SOURCE_H
#define PGK_MODEL_SOURCE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/wait.h"
#include "model/event.h"
#include "model/lsn.h"

enum source_state {
    SOURCE_EVENT, // *event is filled, and valid until the next call; otherwise it means nothing.
    SOURCE_WAIT,  // Nothing now: sleep on wait_fds().
    SOURCE_ENDED, // The server ended the stream in good order.
    SOURCE_FAILED // *err says why; the source is of no further use.
};

struct source {
    enum source_state (*next)(
        struct source *source, int64_t now_ms, struct event *event, struct err *err);

    // Everything before `flushed` is stored: tell the server, when it is time to. Called in each
    // turn, while events are not taken too, so the connection stays alive. Never falls.
    bool (*confirm)(struct source *source, lsn_t flushed, struct moment now, struct err *err);

    // What to sleep on; at most WAIT_FDS_MAX / 2 of them. With `reading` false the caller will not
    // call next() before it asks again: only what confirm() would act upon counts.
    size_t (*wait_fds)(struct source *source, bool reading, struct wait_fd *fds);

    // True while much comes: more is a moment away.
    bool (*flows)(const struct source *source);

    // When confirm() or next() must be called again at the latest.
    int64_t (*wake_at_ms)(const struct source *source);

    // Tell the server `flushed` at once and take leave in good order; bounded in time.
    void (*leave)(struct source *source, lsn_t flushed, struct waiter *waiter);

    void (*free)(struct source *source);
};

#endif
