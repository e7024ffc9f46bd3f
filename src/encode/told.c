#include "encode/told.h"

#include <assert.h>

struct str told_name(enum datum_kind kind)
{
    if (kind == DATUM_NULL)
        return STR("null");
    if (kind == DATUM_UNCHANGED)
        return STR("unchanged-toast-datum");
    assert(kind == DATUM_ELIDED);
    return STR("elided-oversize-datum");
}

// What the record would show, were nothing elided: what is told must not depend on what fits.
static struct str whole_text(const struct datum *datum)
{
    return datum->kind == DATUM_ELIDED ? datum->text : told_text(datum);
}

// An old value is told where it is known, not NULL, and not what the column shows now anyway.
bool told_is_old_told(const struct datum *old_value, const struct datum *new_value)
{
    if (old_value->kind != DATUM_TEXT && old_value->kind != DATUM_ELIDED)
        return false;
    return !new_value || !str_equal(old_value->text, whole_text(new_value));
}
