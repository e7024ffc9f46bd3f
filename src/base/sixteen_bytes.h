// sixteen_bytes - look at sixteen bytes of text at a time, in a vector of the compiler's.
//
// The bytes have signs: those beyond ASCII are below 0. Comparing a vector gives one of answers,
// whose bytes are 0 where it is false. https://gcc.gnu.org/onlinedocs/gcc/Vector-Extensions.html
#ifndef PGK_BASE_SIXTEEN_BYTES_H
#define PGK_BASE_SIXTEEN_BYTES_H

#include "base/eight_bytes.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    SIXTEEN = 16,
    SIXTEEN_SPREAD_MIN = 4
};

typedef int8_t sixteen_bytes __attribute__((vector_size(SIXTEEN)));
typedef uint64_t sixteen_halves __attribute__((vector_size(SIXTEEN)));

static inline sixteen_bytes sixteen_bytes_of(const char *text)
{
    sixteen_bytes bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

// The bytes of a text of SIXTEEN_SPREAD_MIN to SIXTEEN of them, each of them at least once: what
// stands where is lost.
static inline sixteen_bytes sixteen_bytes_spread(struct str text)
{
    assert(text.len >= SIXTEEN_SPREAD_MIN && text.len <= SIXTEEN);
    if (text.len >= 8)
        return (sixteen_bytes)(sixteen_halves){
            eight_bytes(text.ptr), eight_bytes(text.ptr + text.len - 8)};
    uint32_t first;
    uint32_t last;
    memcpy(&first, text.ptr, sizeof first);
    memcpy(&last, text.ptr + text.len - sizeof last, sizeof last);
    const uint64_t both = first | (uint64_t)last << 32;
    return (sixteen_bytes)(sixteen_halves){both, both};
}

static inline bool sixteen_any(sixteen_bytes answers)
{
    const sixteen_halves halves = (sixteen_halves)answers;
    return (halves[0] | halves[1]) != 0;
}

#endif
