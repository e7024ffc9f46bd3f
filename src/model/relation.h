// relation - a table as its changes show it: names, columns, key.
//
// Names come twice. `name` is what the catalog holds; `quoted` is how the server's quote_identifier
// writes it, which is what records show. A relation never changes but for its key, its plan
// and, where the stream tells only the oids of types, their names: a changed table is a new
// relation.
//
// Memory: relation_new() copies what it is given; relation_free() gives it back.
#ifndef PGK_MODEL_RELATION_H
#define PGK_MODEL_RELATION_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How records show the values of a column's type.
enum value_form {
    VALUE_QUOTED,
    VALUE_BARE,   // Numbers: "q" is "false".
    VALUE_BOOLEAN // t and f are shown as true and false, bare.
};

struct column {
    struct str name;
    struct str quoted;
    struct str type;      // format_type(oid, NULL): without length or precision.
    uint32_t type_oid;    // 0: not known (test_decoding, whose values show their form, too).
    enum value_form form; // Where type_oid is known.

    // The rest is made by relation_new() and relation_set_types(), as every row shows it.
    struct str shown; // " id[integer]:", as test_decoding writes it before a value; "" where
                      // type_oid is known.
    // What always stands before a value in a record, in the order of "q": "false", "true". The
    // second is "" where no value is quoted. It begins with the end of the column before it, which
    // the first column of a record does not show.
    struct str json[2];    // "}},"id":{"new":{"q":"true","t":"text","v":"
    uint32_t json_name;    // The length of its beginning: "}},"id":{
    uint32_t json_value;   // Where this begins, which stands behind "old, too: ":{"q":"true", ...
    uint32_t name_invalid; // How many bytes of the name are no UTF-8, and were replaced,
    uint32_t type_invalid; // and how many of the type's.
};

enum {
    COLUMN_JSON_FIRST = sizeof "\"}}," - 1 // Where a record's first column begins.
};

// A column of the primary key.
enum {
    KEY_COLUMN_NOT_HELD = -1
};
struct key_column {
    struct str name;   // As the catalog holds it: unquoted.
    struct str before; // What stands before its value in a partition key: its name, and the table's
                       // before the first one; what is no UTF-8 replaced.
    int column;        // Which of the relation's columns, or KEY_COLUMN_NOT_HELD.
};

// What happens to a relation's changes.
enum plan {
    PLAN_UNKNOWN, // The catalog has not said yet.
    PLAN_SKIP,    // They are not wanted: nothing is made of them.
    PLAN_SEND
};

struct relation {
    uint32_t oid; // 0: not known (test_decoding).
    struct str schema;
    struct str name;
    struct str quoted; // The two together, schema first: public."Odd name".
    const struct column *columns;
    size_t column_count; // At most 1,600, PostgreSQL's limit.

    // Made by relation_new().
    uint64_t table;         // Tells tables apart: a hash of `quoted`.
    struct str quoted_utf8; // What is no UTF-8 replaced, as partition keys show it.
    struct str quoted_json; // ","table":"public.t","operation":"
    size_t quoted_invalid;  // How many bytes of it are no UTF-8, and were replaced.
    const uint16_t *sorted; // Column numbers in bytewise order of `quoted`: the records' order.

    // Set by relation_set_key(); in the order of the key's index.
    const struct key_column *key;
    size_t key_count;

    enum plan plan;

    // Learned from an old row or a TRUNCATE, which need not show all columns (test_decoding).
    bool is_partial;

    struct buf texts;     // What quoted_utf8, `shown` and the texts in JSON borrow from.
    struct buf key_texts; // What `before` of the key's columns borrows from.

    // The catalog's notes, not the records'.
    bool types_are_known; // The names of types are the catalog's own.
    char *type_names;     // Of relation_set_types().
    bool key_is_known;    // The catalog was asked about this very list of columns.
    bool key_moved;       // Records sent earlier may bear another key, or the key in another form.
    int64_t key_due_ms;   // When it is to be asked again.
};

enum {
    RELATION_COLUMNS_MAX = 1600,
    RELATION_KEY_COLUMNS_MAX = 32
};

// What identifies the table of that quoted name, for `table`.
uint64_t relation_table(struct str quoted);

// Copies names and columns of `shown`; the key starts empty.
struct relation *relation_new(const struct relation *shown);
void relation_free(struct relation *relation);

// The primary key's column names, unquoted, in index order; copied. A name that is no column, or
// one that needs quoting, is not held by rows: a partition key shows its name only, as the
// original's did.
void relation_set_key(struct relation *relation, const struct str *names, size_t count);

// The names of the columns' types; copied.
void relation_set_types(struct relation *relation, const struct str *types);

#endif
