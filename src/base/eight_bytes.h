// eight_bytes - look at eight bytes of text at a time.
//
// Of a predicate's answer only the top bit of each byte counts (EIGHT_TOP_BITS): set where it is
// true. Bytes above one that is true may show as true, too: no more than "none at all" is exact.
#ifndef PGK_BASE_EIGHT_BYTES_H
#define PGK_BASE_EIGHT_BYTES_H

#include <stdint.h>
#include <string.h>

#define EIGHT_TIMES(byte) (0x0101010101010101U * (uint64_t)(byte))
#define EIGHT_TOP_BITS    EIGHT_TIMES(0x80)

static inline uint64_t eight_bytes(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

static inline uint64_t eight_equal(uint64_t bytes, char wanted)
{
    uint64_t other = bytes ^ EIGHT_TIMES((uint8_t)wanted);
    return (other - EIGHT_TIMES(1)) & ~other;
}

// Control characters but DEL, and what is beyond ASCII.
static inline uint64_t eight_unprintable(uint64_t bytes)
{
    return bytes | (bytes - EIGHT_TIMES(' '));
}

#endif
