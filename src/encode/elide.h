// elide - leave out a row's largest values, so that its record fits into the stream.
//
// The largest as it would be written goes first; of equal ones the first in the record. So the same
// change loses the same values, however often it is sent.
#ifndef PGK_ENCODE_ELIDE_H
#define PGK_ENCODE_ELIDE_H

#include "model/event.h"

struct elision {
    struct event event; // The change without those values; borrows what it was made from.
    struct datum *data; // Its rows.
};

// A copy of the CHANGE whose record is shorter by at least excess_bytes, or as short as it gets.
void elision_init(struct elision *elision, const struct event *event, size_t excess_bytes);
void elision_release(struct elision *elision);

#endif
