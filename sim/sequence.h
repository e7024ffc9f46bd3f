// sequence - a record's sequence number: 56 decimal digits that only grow within a shard.
//
// The digits are those of a number of 188 bits, laid out as the service lays out its own: version
// 2, shard's creation second, its number's last four bits, the record's index, arrival second,
// shard number. (https://github.com/mhart/kinesalite, db/index.js, which found it out by
// observation.)
#ifndef SIM_SEQUENCE_H
#define SIM_SEQUENCE_H

#include "base/str.h"

struct buf;

struct sequence {
    uint64_t index;          // The record's place in its shard, from 1; 0 comes before the first.
    int64_t shard_created_s; // Seconds since 1970.
    int64_t arrived_s;       // Likewise.
    uint32_t shard;
};

void sequence_write(struct buf *buf, struct sequence sequence);

// False when no sequence_write() could have written it.
bool sequence_parse(struct str decimal, struct sequence *sequence);

#endif
