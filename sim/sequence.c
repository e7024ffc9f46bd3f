#include "sim/sequence.h"

#include "base/buf.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide_t;

enum {
    DIGITS = 56,
    CHUNK_DIGITS = 19,
    CHUNKS = 3,
    VERSION = 2,
    SECONDS_BITS = 36,
};

#define CHUNK        10000000000000000000U // 10^19: the largest power of ten in 64 bits.
#define SECONDS_MASK (((uint64_t)1 << SECONDS_BITS) - 1)

// 192 bits, the low ones first.
struct limbs {
    uint64_t at[3];
};

// From the low end: version 4, shard 32, arrival 36, nothing 8, index 64, shard's last bits 4,
// creation 36, version 4.
static struct limbs pack(struct sequence sequence)
{
    uint64_t arrived = (uint64_t)sequence.arrived_s & SECONDS_MASK;
    uint64_t created = (uint64_t)sequence.shard_created_s & SECONDS_MASK;
    return (struct limbs){{
        arrived << 36 | (uint64_t)sequence.shard << 4 | VERSION,
        arrived >> 28 | sequence.index << 16,
        (uint64_t)VERSION << 56 | created << 20 | (uint64_t)(sequence.shard & 15) << 16 |
            sequence.index >> 48,
    }};
}

static struct sequence unpack(struct limbs limbs)
{
    return (struct sequence){
        .shard = (uint32_t)(limbs.at[0] >> 4),
        .arrived_s = (int64_t)((limbs.at[0] >> 36 | limbs.at[1] << 28) & SECONDS_MASK),
        .index = limbs.at[1] >> 16 | limbs.at[2] << 48,
        .shard_created_s = (int64_t)(limbs.at[2] >> 20 & SECONDS_MASK),
    };
}

// Divides in place and returns the remainder.
static uint64_t divide(struct limbs *limbs, uint64_t divisor)
{
    wide_t rest = 0;
    for (size_t i = CHUNKS; i-- > 0;) {
        rest = rest << 64 | limbs->at[i];
        limbs->at[i] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint64_t)rest;
}

void sequence_write(struct buf *buf, struct sequence sequence)
{
    // Every sequence number of a shard has as many digits: they compare as text.
    char *room = buf_room(buf, DIGITS);
    if (!room)
        return;
    struct limbs limbs = pack(sequence);
    size_t at = DIGITS;
    while (at > 0) {
        uint64_t chunk = divide(&limbs, CHUNK);
        for (size_t i = 0; i < CHUNK_DIGITS && at > 0; i++) {
            room[--at] = (char)('0' + chunk % 10);
            chunk /= 10;
        }
    }
    buf_grow(buf, DIGITS);
}

static bool is_same(struct limbs a, struct limbs b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

bool sequence_parse(struct str decimal, struct sequence *sequence)
{
    if (decimal.len != DIGITS)
        return false;
    // 56 digits are less than 2^187: nothing overflows.
    struct limbs limbs = {{0}};
    for (size_t i = 0; i < DIGITS; i++) {
        if (decimal.ptr[i] < '0' || decimal.ptr[i] > '9')
            return false;
        wide_t carry = (wide_t)(decimal.ptr[i] - '0');
        for (size_t j = 0; j < CHUNKS; j++) {
            carry += (wide_t)limbs.at[j] * 10;
            limbs.at[j] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    *sequence = unpack(limbs);
    return is_same(pack(*sequence), limbs);
}
