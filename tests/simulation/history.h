// history - what was committed, in commit order: the truth that everything is judged by.
//
// What is rolled back is simply not here. Transactions may overlap: the changes of one lie in the
// log between those of another. A message of the application is a change, too, of a table that
// there is not: number TABLES_MAX.
#ifndef PGK_SIMULATION_HISTORY_H
#define PGK_SIMULATION_HISTORY_H

#include "model/lsn.h"
#include "row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROWS_MAX = 10, // Of a table: few, so that keys come again.
    TABLES_MAX = 8,
    TABLE_OID_FIRST = 16384, // A table's oid is this and its number.
    MESSAGE_BYTES_MAX = 32
};

struct table {
    char name[32];
    char quoted[48];   // With its schema, which is public.
    bool is_published; // The output plugin tells of it.
    bool is_selected;  // By the operator's patterns. What is both must be delivered, nothing else.
    struct shape shape;
    bool key_ever_changed;
    struct row rows[ROWS_MAX + 1]; // By id.
    // What of it is stored, for the TRUNCATE barrier.
    size_t *changes; // Numbers, in commit order.
    size_t change_count;
    size_t change_capacity;
    size_t stored; // The first that many are stored, or not owed.
};

enum change_kind {
    CHANGE_INSERT,
    CHANGE_UPDATE,
    CHANGE_DELETE,
    CHANGE_TRUNCATE,
    CHANGE_MESSAGE
};

struct committed {
    enum change_kind kind;
    lsn_t lsn;
    size_t entry;
    size_t table;
    struct shape shape;
    struct row old_row;
    struct row new_row;       // Of a message: its seq alone.
    bool shows_old;           // Replica identity shows something of the old row.
    size_t next_same_lsn;     // Its number plus one; 0: none.
    unsigned stored;          // How often.
    const void *stored_under; // The key, as the oracle knows it.
    int64_t taken_ms;         // When the program was done with its message; 0: it may not be.
    int64_t not_before_ms;    // The service asked to wait so long before it comes again.
    bool is_wanted;           // It is published and selected.
    bool is_owed;             // It is wanted, and nobody moved the slot past it.
    bool may_come_again;      // Something happened that makes duplicates.
};

enum item_kind {
    ITEM_CHANGE,
    ITEM_TRUNCATE,
    ITEM_MESSAGE
};
struct item {
    enum item_kind kind;
    lsn_t lsn;
    size_t change;  // The number of the first.
    size_t count;   // Of a TRUNCATE: how many tables.
    bool continues; // It shares its place in the log with the one before, as rows of a COPY do.
};

// A transaction, or a message outside of one.
struct entry {
    bool is_message;
    uint32_t xid;
    lsn_t from; // Where the commit's record starts: a stream that starts here or before has it.
    lsn_t end;
    size_t first_item;
    size_t item_count;
    size_t owed; // Changes that are not stored.
    int64_t visible_at_ms;
};

struct history {
    struct table *tables; // Behind them that of the messages.
    size_t table_count;
    struct committed *changes;
    size_t change_count;
    size_t change_capacity;
    struct item *items;
    size_t item_count;
    size_t item_capacity;
    struct entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    lsn_t position; // Where the log ends.
    bool is_over;
};

extern struct history history;

enum {
    XID_FIRST = 1000 // An entry's xid is this and its number.
};

void history_begin(void);
void history_release(void);

// What is due by now is committed.
void history_act(void);
int64_t history_next_ms(void);

// The first change at that place, NULL when there is none; others by next_same_lsn.
struct committed *history_at(lsn_t lsn);

// What a message says; returns how long it is.
size_t history_message(const struct committed *change, char text[MESSAGE_BYTES_MAX]);

// The row that tells a change's key.
const struct row *committed_row(const struct committed *change);

#endif
