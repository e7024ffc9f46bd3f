// trouble - what a request that failed as a whole means for the run: try on, hold, or end.
//
//   the service is busy, or out of reach   try on: delivery waits for each lane
//   the operator must change something     before anything was stored, end; afterwards the
//                                          configuration was right and may be so again: hold
//   a record is refused, alone             stop or skip, as the operator wants
//
// To hold is to send nothing for a second, then for two, for half a minute at most. What is not
// delivered stays in the slot meanwhile. It is told once a minute, and when it is over.
//
// Of records refused in a row, each alone and nothing stored between, no more than two are skipped:
// it is likelier then that the service, or who stands before it, refuses everything. The third is
// held, and tried again; a record that is stored shows that it is about them after all.
#ifndef PGK_APP_TROUBLE_H
#define PGK_APP_TROUBLE_H

#include "base/err.h"
#include "base/once.h"

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct delivery;
struct misfits;
struct sink;

struct trouble {
    struct delivery *delivery;
    struct misfits *misfits;
    const struct sink *sink;

    int64_t held_until_ms;
    int64_t hold_ms; // Of the last hold; 0: there was none since something was stored.
    struct once warning;
    enum err_kind warned_kind;
    uint64_t stored;        // Records, when it was looked last.
    unsigned refused_alone; // Records, since then.
};

enum trouble_verdict {
    TROUBLE_PASSES,
    TROUBLE_REFUSED, // The sink refuses, ever since or for good: the operator must act.
    TROUBLE_STUCK    // A record cannot be delivered or kept.
};

// Borrows all three.
void trouble_init(struct trouble *trouble, struct delivery *delivery, struct misfits *misfits,
    const struct sink *sink);

// Looks at a batch that came back, before delivery settles it, and may change its outcomes. Unless
// it passes, *err says why.
enum trouble_verdict trouble_judge(
    struct trouble *trouble, struct batch *batch, int64_t now_ms, struct err *err);

// To be called after the settling: what was stored may be the end of it.
void trouble_look(struct trouble *trouble);

#endif
