// entry - what a lane sends at once: its oldest record, or as many of its rows as go in one.
//
// A record that the service may refuse shrinks the company it is sent in: record->records_max.
#ifndef PGK_DELIVERY_ENTRY_H
#define PGK_DELIVERY_ENTRY_H

#include <stddef.h>

struct record;

struct entry_limits {
    size_t bytes_max;   // Of several rows together; 0: each goes alone.
    size_t records_max; // How many rows.
};

struct entry {
    size_t records;
    size_t bytes;       // In a request.
    size_t records_max; // Of the batch that it may be in; SIZE_MAX: any.
};

// From the oldest record of a lane on, by record->next. That one is in it however large it is.
struct entry entry_from(const struct record *first, struct entry_limits limits);

#endif
