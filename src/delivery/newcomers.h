// newcomers - records that were added and have no lane yet.
//
// A lane is found by the MD5 of the partition key, one long chain of steps of which each waits for
// the one before, and lies where no cache has it. So records wait here until several of them can be
// hashed at once and their lanes fetched together; whoever needs to know what stands in the lanes
// calls newcomers_place() first.
//
// Memory: newcomers own their records until the lanes do.
#ifndef PGK_DELIVERY_NEWCOMERS_H
#define PGK_DELIVERY_NEWCOMERS_H

#include "base/md5.h"

#include <stddef.h>
#include <stdint.h>

struct lanes;
struct record;

enum {
    NEWCOMERS_MAX = MD5_AT_ONCE
};

struct newcomers {
    unsigned lane_bits;
    unsigned spread_bits; // So many of them are dealt out in turn.
    uint32_t dealt;       // Records, to lanes of a spread.
    struct record *records[NEWCOMERS_MAX];
    size_t count;
};

// For 2^lane_bits lanes. With 0 spread_bits a key has one lane; else 2^spread_bits of them take its
// records in turn, and lie in the same part of the hash range.
void newcomers_init(struct newcomers *newcomers, unsigned lane_bits, unsigned spread_bits);

// Frees what waits.
void newcomers_clear(struct newcomers *newcomers);

// Takes the record; when there is no room for another all go to their lanes.
void newcomers_add(struct newcomers *newcomers, struct lanes *lanes, struct record *record);

// Gives each record that waits its record->lane, and to that lane, in the order in which they came.
void newcomers_place(struct newcomers *newcomers, struct lanes *lanes);

#endif
