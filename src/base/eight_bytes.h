// eight_bytes - look at eight bytes of text at a time.
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

#endif
