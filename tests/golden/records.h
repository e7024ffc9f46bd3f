// records - what was put to a stream, or ought to have been: partition keys and data, in order.
//
// Memory: records_add() copies; records_release() gives it all back.
#ifndef PGK_TESTS_GOLDEN_RECORDS_H
#define PGK_TESTS_GOLDEN_RECORDS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct golden_record {
    struct str key;
    struct str data;
};

struct records {
    struct golden_record *items;
    size_t count;
    size_t capacity;
};

void records_add(struct records *records, struct str key, struct str data);
void records_set_key(struct records *records, size_t at, struct str key);
void records_release(struct records *records);

// True when both hold the same records and those of each partition key stand in the same order:
// that is all a stream promises. Otherwise the first difference is told in `difference`.
bool records_agree(
    const struct records *expected, const struct records *actual, struct buf *difference);

#endif
