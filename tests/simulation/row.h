// row - what a table holds, and how the server shows it.
//
// The columns are id, code, seq and note, and for a time one more. seq is another number in each
// row that is written, which tells a record's change. A note may be large: then an UPDATE that
// leaves it alone does not write it again, and the server does not know it where it shows the row.
#ifndef PGK_SIMULATION_ROW_H
#define PGK_SIMULATION_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_kind {
    KEY_NONE,
    KEY_ID,
    KEY_CODE,
    KEY_BOTH,
    KEY_KIND_COUNT
};

// A table as it was when a change was made.
struct shape {
    unsigned version; // Another number for each that there was.
    enum key_kind key;
    bool is_full;   // REPLICA IDENTITY FULL; else it is the key.
    unsigned extra; // The number of the column that was added; 0: there is none.
    char extra_name[16];
};

struct row {
    int id;
    int code; // 0: there is no such row.
    uint64_t seq;
    uint64_t note;   // The seq of the row that its note was written with.
    bool lacks_note; // It stands elsewhere.
    unsigned extra;  // The column that there was when it was written.
};

enum {
    CELLS_MAX = 5,
    TYPE_INTEGER = 23,
    TYPE_BIGINT = 20,
    TYPE_TEXT = 25,
    TYPE_MOOD = 16500 // A type that a user made: every other column that is added is of it.
};

// A column and what it holds of a row.
struct cell {
    const char *name; // Of a column that was added it is borrowed from the shape.
    const char *type;
    uint32_t type_oid;
    bool is_quoted; // A literal of its type is.
    bool is_key;
    bool is_null;
    bool is_unchanged; // The server does not show it.
    char text[112];
};

bool row_key_has_id(enum key_kind key);
bool row_key_has_code(enum key_kind key);

// True when the key of one is not the key of the other. A table without a key has but one.
bool row_key_moves(enum key_kind key, const struct row *old_row, const struct row *new_row);

bool row_has_large_note(const struct row *row);

// Fills cells with the row's, and returns how many there are.
size_t row_cells(const struct shape *shape, const struct row *row, struct cell *cells);

#endif
