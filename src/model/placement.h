// placement - where the service stored a record: its shard, and its sequence number there.
//
// A shard is read in the order of its sequence numbers, so they tell how consumers will see two
// records whatever the order in which their answers came.
//
// The service writes a sequence number as 56 decimal digits. One is kept for each lane, so it is
// small here: two digits a byte, which leave a placement half a cache line. Longer ones, which its
// pattern would allow (129 digits, API reference, PutRecordsResultEntry), count as unknown.
#ifndef PGK_MODEL_PLACEMENT_H
#define PGK_MODEL_PLACEMENT_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

// No shard: not told, or not in the service's form.
#define SHARD_UNKNOWN UINT32_MAX

enum {
    SEQUENCE_DIGITS = 56
};

struct sequence_number {
    uint8_t pairs[SEQUENCE_DIGITS / 2]; // The high ones first; all 0: not known.
};

struct placement {
    uint32_t shard; // The number in "shardId-000000000012".
    struct sequence_number sequence_number;
};

struct placement placement_unknown(void);

// SHARD_UNKNOWN unless it is a shard's id.
uint32_t shard_parse(struct str shard_id);

// Not known unless it is a number.
struct sequence_number sequence_number_parse(struct str decimal);
bool sequence_number_is_known(const struct sequence_number *number);

// True unless both are known to lie in one shard and `later` is not behind `earlier` there.
bool placement_may_follow(const struct placement *later, const struct placement *earlier);

#endif
