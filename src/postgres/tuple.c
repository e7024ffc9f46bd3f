#include "postgres/tuple.h"

#include "base/alloc.h"

#include <stdlib.h>

// What a row shows of a relation that is known is the relation's own.
static bool is_same_column(const struct column *a, const struct column *b)
{
    return a == b || (str_equal(a->quoted, b->quoted) && str_equal(a->type, b->type));
}

bool tuple_is_whole_row(const struct tuple *tuple, const struct relation *relation)
{
    if (tuple->count != relation->column_count)
        return false;
    for (size_t i = 0; i < tuple->count; i++)
        if (!is_same_column(tuple->columns[i], &relation->columns[i]))
            return false;
    return true;
}

bool tuple_place(const struct tuple *tuple, const struct relation *relation, struct datum *row)
{
    size_t placed = 0;
    for (size_t i = 0; i < relation->column_count; i++) {
        bool is_shown =
            placed < tuple->count && is_same_column(tuple->columns[placed], &relation->columns[i]);
        row[i] = is_shown ? tuple->values[placed++] : (struct datum){.kind = DATUM_ABSENT};
    }
    return placed == tuple->count;
}

struct relation *tuple_relation(const struct tuple *tuple, const struct qualified_name *name)
{
    struct column *columns = alloc_zeroed(tuple->count, sizeof *columns);
    for (size_t i = 0; i < tuple->count; i++)
        columns[i] = *tuple->columns[i];
    struct relation *relation = relation_new(&(struct relation){
        .schema = name->schema,
        .name = name->name,
        .quoted = name->quoted,
        .columns = columns,
        .column_count = tuple->count,
    });
    free(columns);
    return relation;
}
