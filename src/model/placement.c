#include "model/placement.h"

#include "base/eight_bytes.h"
#include "base/sixteen_bytes.h"

#include <endian.h>

enum {
    DIGITS_AT_ONCE = 8,
    DIGITS_AT_ONCE_END = 100000000,
    SHARD_DIGITS_MAX = 2 * DIGITS_AT_ONCE
};

typedef uint8_t sixteen_digits __attribute__((vector_size(SIXTEEN)));
typedef uint16_t wide_pairs __attribute__((vector_size(SIXTEEN)));
typedef uint8_t eight_pairs __attribute__((vector_size(SIXTEEN / 2)));

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

// Adds digits behind those of *number, eight at a time; false when one of them is none.
static bool add_digits(uint64_t *number, struct str digits)
{
    size_t at = 0;
    for (; at < digits.len % DIGITS_AT_ONCE; at++) {
        const unsigned digit = (unsigned)(uint8_t)digits.ptr[at] - '0';
        if (digit > 9)
            return false;
        *number = *number * 10 + digit;
    }
    for (; at < digits.len; at += DIGITS_AT_ONCE) {
        const uint64_t eight = le64toh(eight_bytes(digits.ptr + at));
        if (!are_digits(eight))
            return false;
        *number = *number * DIGITS_AT_ONCE_END + eight_digits(eight);
    }
    return true;
}

// Not compiled into its caller, who has seen to the service's own.
__attribute__((noinline)) static uint32_t parse_any_shard(struct str shard_id)
{
    const struct str prefix = STR("shardId-");
    if (!str_starts_with(shard_id, prefix))
        return SHARD_UNKNOWN;
    const struct str digits = str_after(shard_id, prefix.len);
    if (digits.len == 0 || digits.len > SHARD_DIGITS_MAX)
        return SHARD_UNKNOWN;
    uint64_t number = 0;
    return add_digits(&number, digits) && number < SHARD_UNKNOWN ? (uint32_t)number : SHARD_UNKNOWN;
}

// The service writes twelve digits, of which the first four are zeros until a stream has had a
// hundred million shards.
uint32_t shard_parse(struct str shard_id)
{
    const struct str usual = STR("shardId-0000");
    if (shard_id.len != usual.len + DIGITS_AT_ONCE || !str_starts_with(shard_id, usual))
        return parse_any_shard(shard_id);
    const uint64_t eight = le64toh(eight_bytes(shard_id.ptr + usual.len));
    return are_digits(eight) ? eight_digits(eight) : SHARD_UNKNOWN;
}

// Takes the values of sixteen digits; of two the first one goes to the upper half of their byte.
static inline void write_pairs(uint8_t *pairs, sixteen_digits values)
{
    const wide_pairs low = (wide_pairs)values & 0xff;
    const wide_pairs high = (wide_pairs)values >> 8;
    const wide_pairs joined = BYTE_ORDER == LITTLE_ENDIAN ? low << 4 | high : high << 4 | low;
    const eight_pairs packed = __builtin_convertvector(joined, eight_pairs);
    memcpy(pairs, &packed, sizeof packed);
}

// The fourth sixteen begin with the last eight of the third. Not known when one is no digit.
static struct sequence_number read_digits(const char *digits)
{
    static const uint8_t begins[] = {0, 16, 32, SEQUENCE_DIGITS - SIXTEEN};
    struct sequence_number number;
    sixteen_digits wrong = {0};
#pragma GCC unroll 4
    for (size_t i = 0; i < sizeof begins; i++) {
        const sixteen_digits values = (sixteen_digits)sixteen_bytes_of(digits + begins[i]) ^ '0';
        wrong |= values | (values + (0x10 - 10)); // The upper half of a digit's byte is 0 in both.
        write_pairs(number.pairs + begins[i] / 2, values);
    }
    if (sixteen_any((sixteen_bytes)(wrong & 0xf0)))
        memset(&number, 0, sizeof number);
    return number;
}

// Not compiled into its caller: the service's own numbers have all digits.
__attribute__((noinline)) static struct sequence_number read_fewer_digits(struct str decimal)
{
    char digits[SEQUENCE_DIGITS];
    memset(digits, '0', sizeof digits);
    memcpy(digits + sizeof digits - decimal.len, decimal.ptr, decimal.len);
    return read_digits(digits);
}

struct sequence_number sequence_number_parse(struct str decimal)
{
    if (decimal.len == SEQUENCE_DIGITS)
        return read_digits(decimal.ptr);
    if (decimal.len > SEQUENCE_DIGITS)
        return (struct sequence_number){{0}};
    return read_fewer_digits(decimal);
}

bool sequence_number_is_known(const struct sequence_number *number)
{
    for (size_t i = 0; i < sizeof number->pairs; i++)
        if (number->pairs[i] != 0)
            return true;
    return false;
}

static bool is_greater(const struct sequence_number *a, const struct sequence_number *b)
{
    return memcmp(a->pairs, b->pairs, sizeof a->pairs) > 0;
}

bool placement_may_follow(const struct placement *later, const struct placement *earlier)
{
    return later->shard != earlier->shard || later->shard == SHARD_UNKNOWN ||
           !sequence_number_is_known(&later->sequence_number) ||
           !sequence_number_is_known(&earlier->sequence_number) ||
           is_greater(&later->sequence_number, &earlier->sequence_number);
}
