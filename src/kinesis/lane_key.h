// lane_key - the explicit hash key of a lane: the middle of its part of all hash keys.
//
// Lanes divide the hash keys, numbers below 2^128, evenly. Whatever splits and merges of shards do,
// this key lies in one open shard, and all that is sent with it stays in order.
#ifndef PGK_KINESIS_LANE_KEY_H
#define PGK_KINESIS_LANE_KEY_H

#include <stdint.h>

struct lane_key {
    char text[40]; // In decimal, as PutRecords wants it.
};

// Of a lane of 2^bits.
struct lane_key lane_key_of(uint32_t lane, unsigned bits);

#endif
