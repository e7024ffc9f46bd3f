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
    SIXTEEN = 16
};

typedef int8_t sixteen_bytes __attribute__((vector_size(SIXTEEN)));
typedef uint64_t sixteen_halves __attribute__((vector_size(SIXTEEN)));

static inline sixteen_bytes sixteen_bytes_of(const char *text)
{
    sixteen_bytes bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

// The bytes of a text of one to sixteen of them, each at least once: what stands where is lost.
static inline sixteen_bytes sixteen_bytes_spread(struct str text)
{
    assert(text.len > 0 && text.len <= SIXTEEN);
    if (text.len >= 8)
        return (sixteen_bytes)(sixteen_halves){
            eight_bytes(text.ptr), eight_bytes(text.ptr + text.len - 8)};
    const uint64_t both = eight_bytes_spread(text);
    return (sixteen_bytes)(sixteen_halves){both, both};
}

// Copies a text of one to sixteen bytes, of which some may be copied twice.
static inline void sixteen_bytes_copy(char *to, struct str text)
{
    assert(text.len > 0 && text.len <= SIXTEEN);
    const char *const end = text.ptr + text.len;
    if (text.len >= 8) {
        memcpy(to, text.ptr, 8);
        memcpy(to + text.len - 8, end - 8, 8);
    } else if (text.len >= 4) {
        memcpy(to, text.ptr, 4);
        memcpy(to + text.len - 4, end - 4, 4);
    } else {
        to[0] = text.ptr[0];
        to[text.len / 2] = text.ptr[text.len / 2];
        to[text.len - 1] = end[-1];
    }
}

static inline bool sixteen_any(sixteen_bytes answers)
{
    const sixteen_halves halves = (sixteen_halves)answers;
    return (halves[0] | halves[1]) != 0;
}

// What is asked of each of sixteen bytes.
typedef sixteen_bytes sixteen_question(sixteen_bytes bytes);

// Whether the answer is true for any byte of a text of whatever length. To be compiled into its
// caller, together with the question.
static inline bool sixteen_any_in(struct str text, sixteen_question *question)
{
    if (text.len < SIXTEEN)
        return text.len > 0 && sixteen_any(question(sixteen_bytes_spread(text)));
    // These may overlap the last ones of the loop.
    sixteen_bytes answers = question(sixteen_bytes_of(text.ptr + text.len - SIXTEEN));
    for (size_t at = 0; at + SIXTEEN < text.len; at += SIXTEEN)
        answers |= question(sixteen_bytes_of(text.ptr + at));
    return sixteen_any(answers);
}

// As str_starts_with(), compiled into its caller: of a short prefix whose length the compiler does
// not know, a call takes longer than comparing it.
static inline bool sixteen_starts_with(struct str text, struct str prefix)
{
    if (text.len < prefix.len)
        return false;
    text.len = prefix.len;
    if (text.len <= SIXTEEN) // Only the same texts of one length have the same spread.
        return text.len == 0 ||
               !sixteen_any(sixteen_bytes_spread(text) ^ sixteen_bytes_spread(prefix));
    const size_t last = text.len - SIXTEEN;
    sixteen_bytes differ = sixteen_bytes_of(text.ptr + last) ^ sixteen_bytes_of(prefix.ptr + last);
    for (size_t at = 0; at < last; at += SIXTEEN)
        differ |= sixteen_bytes_of(text.ptr + at) ^ sixteen_bytes_of(prefix.ptr + at);
    return !sixteen_any(differ);
}

#endif
