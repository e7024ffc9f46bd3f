// tuple - a row as a line of test_decoding shows it: names, types and values of its columns.
//
// A new row shows all columns; an old one leaves out those that are NULL or not part of its
// identity. Everything borrows the line.
#ifndef PGK_POSTGRES_TUPLE_H
#define PGK_POSTGRES_TUPLE_H

#include "model/event.h"
#include "model/relation.h"

#include <stdbool.h>
#include <stddef.h>

struct tuple {
    size_t count;
    struct column columns[RELATION_COLUMNS_MAX];
    struct datum values[RELATION_COLUMNS_MAX]; // values[i] is of columns[i].
};

struct qualified_name {
    struct str schema;
    struct str name;
    struct str quoted; // The two together, as the server's quote_identifier wrote them.
};

// Puts the values where their columns stand in the relation's row; the other data are absent.
// False when the tuple has a column that the relation has not, or has it in another order.
bool tuple_place(const struct tuple *tuple, const struct relation *relation, struct datum *row);

// A relation with the tuple's columns and no key; to be freed by the caller.
struct relation *tuple_relation(const struct tuple *tuple, const struct qualified_name *name);

#endif
