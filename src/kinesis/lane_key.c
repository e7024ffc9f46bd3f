#include "kinesis/lane_key.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

__extension__ typedef unsigned __int128 hash_key_t;

enum {
    HASH_KEY_BITS = 128
};

static struct lane_key decimal(hash_key_t number)
{
    char digits[sizeof((struct lane_key *)NULL)->text];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(number % 10));
        number /= 10;
    } while (number > 0);
    struct lane_key key;
    memcpy(key.text, digits + at, sizeof digits - at);
    return key;
}

struct lane_key lane_key_of(uint32_t lane, unsigned bits)
{
    assert(bits < 32 && lane < (uint32_t)1 << bits);
    hash_key_t middle = (hash_key_t)1 << (HASH_KEY_BITS - 1 - bits);
    hash_key_t first = 2 * middle * lane; // 0 for the only lane of none: 2^128 is not reached.
    return decimal(first + middle);
}
