#include "postgres/tuple.h"

static bool is_same_column(const struct column *a, const struct column *b)
{
    return str_equal(a->quoted, b->quoted) && str_equal(a->type, b->type);
}

bool tuple_place(const struct tuple *tuple, const struct relation *relation, struct datum *row)
{
    size_t placed = 0;
    for (size_t i = 0; i < relation->column_count; i++) {
        bool is_shown =
            placed < tuple->count && is_same_column(&tuple->columns[placed], &relation->columns[i]);
        row[i] = is_shown ? tuple->values[placed++] : (struct datum){.kind = DATUM_ABSENT};
    }
    return placed == tuple->count;
}

struct relation *tuple_relation(const struct tuple *tuple, const struct qualified_name *name)
{
    return relation_new(&(struct relation){
        .schema = name->schema,
        .name = name->name,
        .quoted = name->quoted,
        .columns = tuple->columns,
        .column_count = tuple->count,
    });
}
