#include "postgres/type_names.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/relation.h"
#include "postgres/conn.h"

#include <stdlib.h>
#include <string.h>

// Oids below are given out by those who write PostgreSQL: FirstGenbkiObjectId.
// https://www.postgresql.org/docs/current/system-catalog-initial-data.html
enum {
    BUILT_IN_BELOW = 10000
};

const char type_names_query[] =
    "SELECT t.oid, pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type t"
    " WHERE t.oid < $1::oid OR t.oid = ANY ($2::oid[])";

static struct str key_of(const uint32_t *oid)
{
    return (struct str){.ptr = (const char *)oid, .len = sizeof *oid};
}

void type_names_init(struct type_names *names)
{
    hash_map_init(&names->built_in);
}

void type_names_release(struct type_names *names)
{
    size_t at = 0;
    for (void *name; (name = hash_map_next(&names->built_in, &at));)
        free(name);
    hash_map_release(&names->built_in);
}

bool type_names_complete(const struct type_names *names, struct relation *relation)
{
    struct str types[RELATION_COLUMNS_MAX];
    for (size_t i = 0; i < relation->column_count; i++) {
        const char *name = hash_map_get(&names->built_in, key_of(&relation->columns[i].type_oid));
        if (!name)
            return false;
        types[i] = str_from_c(name);
    }
    relation_set_types(relation, types);
    return true;
}

const char *type_names_below(const struct type_names *names)
{
    return names->built_in.count == 0 ? "10000" : "0"; // BUILT_IN_BELOW, the first time.
}

void type_names_add_oids(struct buf *array, const struct relation *relation)
{
    buf_add_byte(array, '{');
    for (size_t i = 0; i < relation->column_count; i++)
        buf_printf(array, i > 0 ? ",%u" : "%u", relation->columns[i].type_oid);
    buf_add_byte(array, '}');
}

static void keep(struct type_names *names, uint32_t oid, struct str name)
{
    char *copy = alloc_bytes(name.len + 1);
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = 0;
    free(hash_map_put(&names->built_in, key_of(&oid), copy));
}

static void set_types_of_oid(
    const struct relation *relation, uint32_t oid, struct str name, struct str *types)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].type_oid == oid)
            types[i] = name;
}

void type_names_take(struct type_names *names, const struct rows *answer, struct relation *relation)
{
    struct str types[RELATION_COLUMNS_MAX];
    for (size_t i = 0; i < relation->column_count; i++)
        types[i] = relation->columns[i].type;
    for (size_t row = 0; row < rows_count(answer); row++) {
        uint64_t oid = 0;
        if (!str_to_u64(rows_value(answer, row, 0), 1, UINT32_MAX, &oid))
            continue;
        struct str name = rows_value(answer, row, 1);
        set_types_of_oid(relation, (uint32_t)oid, name, types);
        if (oid < BUILT_IN_BELOW)
            keep(names, (uint32_t)oid, name);
    }
    relation_set_types(relation, types);
}
