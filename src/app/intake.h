// intake - from an event to records that are owed: key, data, barriers, and what does not fit.
//
// What a lost connection had delivered of the oldest transaction that still owes is passed over
// when that comes again, else one that takes longer than connections live would never end. Of
// younger ones nothing is: what comes again before them would be the last to be stored of its rows.
#ifndef PGK_APP_INTAKE_H
#define PGK_APP_INTAKE_H

#include "app/misfits.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/once.h"
#include "encode/json.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery;
struct event;

struct intake_counts {
    uint64_t changes;       // Rows' changes that the server sent.
    uint64_t messages;      // Logical decoding messages that were skipped.
    uint64_t unknown;       // Things that this program does not know, skipped.
    uint64_t invalid_bytes; // Bytes that were no character: records show U+FFFD.
};

// How far a transaction has come: up to which of its changes, by ordinal.
struct txn_progress {
    uint32_t xid; // 0: there is none.
    uint64_t ordinal;
};

struct intake {
    struct delivery *delivery;
    size_t record_bytes_max; // Data and key of a record.

    struct txn_progress open;      // Of the transaction being taken.
    struct txn_progress delivered; // What was stored, when the connection was lost, of the one that
                                   // comes first now, or not at all.
    struct buf key;
    struct buf data;
    struct buf opening; // Of the records of that second.
    int64_t opening_s;
    struct json_frame frame; // Borrows it. Its fields: none, unless its owner says so.
    bool takes_messages;     // They become records; else they are skipped.
    struct misfits misfits;  // Stop on any, unless its owner opens it.
    struct intake_counts counts;

    uint64_t invalid_told; // Of counts.invalid_bytes.
    struct once invalid_warning;
    struct err_quote invalid_in; // The first table with any that are not told of.
};

// Borrows delivery.
void intake_init(struct intake *intake, struct delivery *delivery, size_t record_bytes_max);
void intake_release(struct intake *intake);

// The stream's limit is another one from the next event on.
void intake_bound_records(struct intake *intake, size_t record_bytes_max);

// A new connection begins at `flushed`, and so does delivery. Not the same log: the server is
// another one, or was promoted, and nothing is known of what it will say.
void intake_restart(struct intake *intake, lsn_t flushed, bool same_log);

// What records taken from now on show as their time.
void intake_tell_time(struct intake *intake, int64_t wall_us);

// A line each about what was left out or replaced since the last one, once a minute at most.
void intake_tell(struct intake *intake, int64_t now_ms);

// True while the event may not be taken: earlier records of its tables must be stored first.
bool intake_must_wait(const struct intake *intake, const struct event *event);

// Takes an event that need not wait. False: a record that can neither be delivered nor left out.
MUST_CHECK bool intake_take(struct intake *intake, const struct event *event, struct err *err);

#endif
