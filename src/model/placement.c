#include "model/placement.h"

#include "base/eight_bytes.h"

#include <endian.h>

enum {
    LIMB_DIGITS = 8,
    LIMB = 100000000,
    SHARD_LIMBS = 2
};

struct placement placement_unknown(void)
{
    return (struct placement){.shard = SHARD_UNKNOWN};
}

static bool are_digits(uint64_t eight)
{
    uint64_t values = eight ^ EIGHT_TIMES('0');
    return ((values | (values + EIGHT_TIMES(0x80 - 10))) & EIGHT_TOP_BITS) == 0;
}

// Two neighbours at a time become one number; the first digit is the low byte.
// (D. Lemire, https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/)
static uint32_t eight_digits(uint64_t eight)
{
    const uint64_t mask = 0x000000FF000000FF;
    uint64_t pairs = eight ^ EIGHT_TIMES('0');
    pairs = pairs * 10 + (pairs >> 8);
    uint64_t first = (pairs & mask) * ((uint64_t)1000000 << 32 | 100);
    uint64_t second = (pairs >> 16 & mask) * ((uint64_t)10000 << 32 | 1);
    return (uint32_t)((first + second) >> 32);
}

// A reply to a full request has 500 of each, so not a digit at a time. False when it is no number
// or has too many digits.
static inline bool to_limbs(struct str decimal, uint32_t *limbs, size_t count)
{
    char digits[LIMB_DIGITS * SEQUENCE_LIMBS];
    const size_t digits_max = LIMB_DIGITS * count;
    if (decimal.len == 0 || decimal.len > digits_max)
        return false;
    memset(digits, '0', digits_max);
    memcpy(digits + digits_max - decimal.len, decimal.ptr, decimal.len);
    for (size_t i = 0; i < count; i++) {
        const uint64_t eight = le64toh(eight_bytes(digits + LIMB_DIGITS * i));
        if (!are_digits(eight))
            return false;
        limbs[i] = eight_digits(eight);
    }
    return true;
}

uint32_t shard_parse(struct str shard_id)
{
    const struct str prefix = STR("shardId-");
    uint32_t limbs[SHARD_LIMBS];
    if (!str_starts_with(shard_id, prefix) ||
        !to_limbs(str_after(shard_id, prefix.len), limbs, SHARD_LIMBS))
        return SHARD_UNKNOWN;
    const uint64_t number = (uint64_t)limbs[0] * LIMB + limbs[1];
    return number < SHARD_UNKNOWN ? (uint32_t)number : SHARD_UNKNOWN;
}

struct sequence_number sequence_number_parse(struct str decimal)
{
    struct sequence_number number;
    return to_limbs(decimal, number.limbs, SEQUENCE_LIMBS) ? number : (struct sequence_number){{0}};
}

static bool is_known(const struct sequence_number *number)
{
    for (size_t i = 0; i < SEQUENCE_LIMBS; i++)
        if (number->limbs[i] != 0)
            return true;
    return false;
}

static bool is_greater(const struct sequence_number *a, const struct sequence_number *b)
{
    for (size_t i = 0; i < SEQUENCE_LIMBS; i++)
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
