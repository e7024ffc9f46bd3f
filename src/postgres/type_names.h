// type_names - what types are called, by oid: format_type(oid, NULL), without length or precision.
//
// The names of built-in types never change, so they are kept. Any other may be renamed between two
// descriptions of a table: it is asked for again with each.
#ifndef PGK_POSTGRES_TYPE_NAMES_H
#define PGK_POSTGRES_TYPE_NAMES_H

#include "base/hash_map.h"

#include <stdbool.h>

struct buf;
struct relation;
struct rows;

struct type_names {
    struct hash_map built_in;
};

void type_names_init(struct type_names *names);
void type_names_release(struct type_names *names);

// True when no server need be asked about the relation's types; they are set then.
bool type_names_complete(const struct type_names *names, struct relation *relation);

// What to ask: $1 the oid below which all are wanted, $2 an array of others.
enum {
    TYPE_NAMES_PARAMETERS = 2
};
extern const char type_names_query[];
const char *type_names_below(const struct type_names *names);
void type_names_add_oids(struct buf *array, const struct relation *relation);

// Sets the relation's types by the answer; one that is not in it, because it was dropped, keeps the
// name that it has.
void type_names_take(
    struct type_names *names, const struct rows *answer, struct relation *relation);

#endif
