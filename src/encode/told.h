// told - what a change's record tells of each column: which of its values, and by what text.
#ifndef PGK_ENCODE_TOLD_H
#define PGK_ENCODE_TOLD_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct change;
struct column;
struct datum;

// Borrows the change. At least one of the two is there.
struct told {
    const struct column *column;
    const struct datum *new_value; // NULL: not told.
    const struct datum *old_value;
};

// What is told of the column `at` of the change's relation; false: nothing.
bool told_of(const struct change *change, size_t at, struct told *told);

// A value's "v". What has no text of its own, NULL or a value that is not sent, shows a name there;
// "q" tells it from a string that reads the same.
struct str told_text(const struct datum *datum);

#endif
