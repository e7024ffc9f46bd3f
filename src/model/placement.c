#include "model/placement.h"

#include "base/eight_bytes.h"

#include <endian.h>

__extension__ typedef unsigned __int128 wide_t;

enum {
    LIMBS = 3,
    DIGITS_MAX = 57, // 10^57 is less than 2^192.
    CHUNK_DIGITS = 8,
    CHUNK = 100000000
};

struct placement placement_unknown(void)
{
    return (struct placement){.shard = SHARD_UNKNOWN};
}

uint32_t shard_parse(struct str shard_id)
{
    const struct str prefix = STR("shardId-");
    uint64_t number;
    if (!str_starts_with(shard_id, prefix))
        return SHARD_UNKNOWN;
    bool is_number = str_to_u64(str_after(shard_id, prefix.len), 0, SHARD_UNKNOWN - 1, &number);
    return is_number ? (uint32_t)number : SHARD_UNKNOWN;
}

static bool are_digits(uint64_t eight)
{
    uint64_t values = eight ^ EIGHT_TIMES('0');
    return ((values | (values + EIGHT_TIMES(0x80 - 10))) & EIGHT_TOP_BITS) == 0;
}

// Two neighbours at a time become one number; the first digit is the low byte.
// (D. Lemire, https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/)
static uint64_t eight_digits(uint64_t eight)
{
    const uint64_t mask = 0x000000FF000000FF;
    uint64_t pairs = eight ^ EIGHT_TIMES('0');
    pairs = pairs * 10 + (pairs >> 8);
    uint64_t first = (pairs & mask) * ((uint64_t)1000000 << 32 | 100);
    uint64_t second = (pairs >> 16 & mask) * ((uint64_t)10000 << 32 | 1);
    return (first + second) >> 32;
}

static void append(struct sequence_number *number, uint64_t scale, uint64_t addend)
{
    wide_t carry = addend;
    for (size_t i = LIMBS; i-- > 0;) {
        carry += (wide_t)number->limbs[i] * scale;
        number->limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

// A reply to a full request has 500 of them, 56 digits each: so not a digit at a time.
struct sequence_number sequence_number_parse(struct str decimal)
{
    const struct sequence_number unknown = {{0}};
    struct sequence_number number = unknown;
    if (decimal.len > DIGITS_MAX)
        return unknown;
    size_t at = 0;
    for (; at < decimal.len % CHUNK_DIGITS; at++) {
        if (decimal.ptr[at] < '0' || decimal.ptr[at] > '9')
            return unknown;
        append(&number, 10, (uint64_t)(decimal.ptr[at] - '0'));
    }
    for (; at < decimal.len; at += CHUNK_DIGITS) {
        uint64_t eight = le64toh(eight_bytes(decimal.ptr + at));
        if (!are_digits(eight))
            return unknown;
        append(&number, CHUNK, eight_digits(eight));
    }
    return number;
}

static bool is_known(const struct sequence_number *number)
{
    return (number->limbs[0] | number->limbs[1] | number->limbs[2]) != 0;
}

static bool is_greater(const struct sequence_number *a, const struct sequence_number *b)
{
    for (size_t i = 0; i < LIMBS; i++)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] > b->limbs[i];
    return false;
}

bool placement_may_follow(const struct placement *later, const struct placement *earlier)
{
    return later->shard != earlier->shard || later->shard == SHARD_UNKNOWN ||
           !is_known(&later->sequence_number) || !is_known(&earlier->sequence_number) ||
           is_greater(&later->sequence_number, &earlier->sequence_number);
}
