// event - what the server says happened, in the order in which it says so.
//
// A transaction is BEGIN, then CHANGE, TRUNCATE and MESSAGE in any number, then COMMIT. Outside of
// transactions there are KEEPALIVEs and messages: those that are not transactional, and of servers
// up to 15 those of a transaction that holds nothing else. Their txn.xid is 0.
//
// Memory: an event borrows everything; it is valid until the source is asked for the next one.
#ifndef PGK_MODEL_EVENT_H
#define PGK_MODEL_EVENT_H

#include "base/str.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relation;

struct txn {
    uint32_t xid;
    lsn_t commit_lsn;       // 0: not known (test_decoding does not tell it).
    int64_t commit_time_us; // Since 1970 UTC; 0: not known, in the same way.
};

// A column's value in a row.
enum datum_kind {
    DATUM_ABSENT,    // The row does not show the column.
    DATUM_NULL,      // NULL.
    DATUM_UNCHANGED, // A large value that an UPDATE left alone: the server does not send it.
    DATUM_ELIDED,    // Left out, or its record would be too large for the stream.
    DATUM_TEXT
};
struct datum {
    enum datum_kind kind;
    bool quoted;     // Of TEXT: a record's "q". False for numbers and booleans.
    struct str text; // Of TEXT and ELIDED: the type's output text, unescaped.
};

enum operation {
    OPERATION_INSERT,
    OPERATION_UPDATE,
    OPERATION_DELETE
};

// A row's change. Rows hold relation->column_count data each.
struct change {
    const struct relation *relation;
    enum operation operation;
    const struct datum *old_row; // What replica identity shows of it; NULL: nothing.
    const struct datum *new_row; // NULL for a DELETE.
};

struct truncate {
    const struct relation *const *relations;
    size_t count;
};

struct message {
    bool transactional;
    struct str prefix;
    struct str content; // Any bytes.
};

enum event_kind {
    EVENT_NONE, // Nothing to tell: no source gives it.
    EVENT_BEGIN,
    EVENT_CHANGE,
    EVENT_TRUNCATE,
    EVENT_MESSAGE,
    EVENT_COMMIT,
    EVENT_KEEPALIVE,
    EVENT_UNKNOWN // Something that nobody reads: to be counted and skipped.
};

struct event {
    enum event_kind kind;
    struct txn txn;   // Of everything inside a transaction; otherwise zero.
    lsn_t lsn;        // Where the event's record starts in the log: a record's "lsn".
    lsn_t end_lsn;    // Of COMMIT, KEEPALIVE and a message outside of transactions: everything
                      // before this position has been said; it is what may be confirmed.
    uint64_t ordinal; // Counts what the server sent in this transaction, from 1, whatever is
                      // selected of it: with commit_lsn the one total order.
    bool key_changed; // Of CHANGE and TRUNCATE: the primary key is another than it was before, or
                      // shows in another form, so earlier records of the table must be stored
                      // before this one is sent.
    union {
        struct change change;
        struct truncate truncate;
        struct message message;
    };
};

// An event of no kind yet. Field by field, which is a handful of stores: what is as large as an
// event is cleared as a whole by a loop of the processor's, which takes three times as long to
// begin.
static inline void event_init(struct event *event, lsn_t lsn, struct txn txn)
{
    event->kind = EVENT_NONE;
    event->txn = txn;
    event->lsn = lsn;
    event->end_lsn = 0;
    event->ordinal = 0;
    event->key_changed = false;
    event->change = (struct change){.relation = NULL};
}

#endif
