// cache - memory is fetched by lines, and a miss takes as long as a hundred instructions.
#ifndef PGK_BASE_CACHE_H
#define PGK_BASE_CACHE_H

#include <stddef.h>

enum {
    CACHE_LINE_BYTES = 64,
    CACHE_FETCHED_BYTES_MAX = 4096
};

// Asks for memory that will be read or written soon, and does not wait for it; of much only for the
// first of it, since a processor that is led along goes on by itself.
static inline void cache_fetch(const void *memory, size_t bytes)
{
    const size_t some = bytes < CACHE_FETCHED_BYTES_MAX ? bytes : CACHE_FETCHED_BYTES_MAX;
    for (size_t at = 0; at < some; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)memory + at, 1);
}

#endif
