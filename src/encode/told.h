// told - what a change's record tells of each column: which of its values, and by what text.
//
// Asked for every value of every row, so the usual answers are here to be compiled into those who
// ask: a new value, and its own text.
#ifndef PGK_ENCODE_TOLD_H
#define PGK_ENCODE_TOLD_H

#include "base/str.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

// Borrows the change. At least one of the two is there.
struct told {
    const struct column *column;
    const struct datum *new_value; // NULL: not told.
    const struct datum *old_value;
};

// What is told of the column `at` of the change's relation; false: nothing.
static inline bool told_of(const struct change *change, size_t at, struct told *told);

// A value's "v". What has no text of its own, NULL or a value that is not sent, shows a name there;
// "q" tells it from a string that reads the same.
static inline struct str told_text(const struct datum *datum);

// The rest is for these two.

// Whether an old value is told beside the new one, which is NULL where there is none.
bool told_is_old_told(const struct datum *old_value, const struct datum *new_value);

// The name that stands for a value of that kind, which is told and not TEXT.
struct str told_name(enum datum_kind kind);

static inline bool told_of(const struct change *change, size_t at, struct told *told)
{
    assert(at < change->relation->column_count);
    const struct datum *new_value = change->new_row ? &change->new_row[at] : NULL;
    const struct datum *old_value = change->old_row ? &change->old_row[at] : NULL;
    if (new_value && new_value->kind == DATUM_ABSENT)
        new_value = NULL;
    if (old_value && !told_is_old_told(old_value, new_value))
        old_value = NULL;
    *told = (struct told){
        .column = &change->relation->columns[at],
        .new_value = new_value,
        .old_value = old_value,
    };
    return new_value || old_value;
}

static inline struct str told_text(const struct datum *datum)
{
    return datum->kind == DATUM_TEXT ? datum->text : told_name(datum->kind);
}

#endif
