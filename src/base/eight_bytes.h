// eight_bytes - look at eight bytes of text at a time.
#ifndef PGK_BASE_EIGHT_BYTES_H
#define PGK_BASE_EIGHT_BYTES_H

#include "base/str.h"

#include <assert.h>
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

// The bytes of a text of one to seven of them, each at least once: what stands where is lost.
static inline uint64_t eight_bytes_spread(struct str text)
{
    assert(text.len > 0 && text.len < 8);
    if (text.len < 4) {
        const uint8_t first = (uint8_t)text.ptr[0];
        const uint8_t middle = (uint8_t)text.ptr[text.len / 2];
        const uint8_t last = (uint8_t)text.ptr[text.len - 1];
        return (EIGHT_TIMES(first) & ~(uint64_t)0xffff) | (uint64_t)middle << 8 | last;
    }
    uint32_t first;
    uint32_t last;
    memcpy(&first, text.ptr, sizeof first);
    memcpy(&last, text.ptr + text.len - sizeof last, sizeof last);
    return first | (uint64_t)last << 32;
}

#endif
