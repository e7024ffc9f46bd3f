#include "encode/told.h"

#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

struct str told_text(const struct datum *datum)
{
    switch (datum->kind) {
    case DATUM_NULL:
        return STR("null");
    case DATUM_UNCHANGED:
        return STR("unchanged-toast-datum");
    case DATUM_ELIDED:
        return STR("elided-oversize-datum");
    case DATUM_ABSENT: // uncovered: what is absent is not told; the compiler wants all kinds.
    case DATUM_TEXT:
        break;
    }
    return datum->text;
}

// What the record would show, were nothing elided: what is told must not depend on what fits.
static struct str whole_text(const struct datum *datum)
{
    return datum->kind == DATUM_ELIDED ? datum->text : told_text(datum);
}

// An old value is told where it is known, not NULL, and not what the column shows now anyway.
static bool is_old_told(const struct datum *old_value, const struct datum *new_value)
{
    if (!old_value || (old_value->kind != DATUM_TEXT && old_value->kind != DATUM_ELIDED))
        return false;
    return !new_value || !str_equal(old_value->text, whole_text(new_value));
}

bool told_of(const struct change *change, size_t at, struct told *told)
{
    assert(at < change->relation->column_count);
    const struct datum *new_value = change->new_row ? &change->new_row[at] : NULL;
    const struct datum *old_value = change->old_row ? &change->old_row[at] : NULL;
    if (new_value && new_value->kind == DATUM_ABSENT)
        new_value = NULL;
    *told = (struct told){
        .column = &change->relation->columns[at],
        .new_value = new_value,
        .old_value = is_old_told(old_value, new_value) ? old_value : NULL,
    };
    return told->new_value || told->old_value;
}
