// pool - memory for what comes and goes by the million, in sizes that are much alike.
//
// What is given back is kept by its size for whoever asks next: warm, and found without a search.
// It keeps at most POOL_BYTES_MAX; the rest, and what is larger than POOL_PIECE_BYTES_MAX, goes
// back to malloc.
//
// Memory: a piece is its taker's until it is given back, with the size that was asked for.
#ifndef PGK_BASE_POOL_H
#define PGK_BASE_POOL_H

#include "base/cache.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    POOL_STEP_BYTES = CACHE_LINE_BYTES, // Sizes are rounded up to these.
    POOL_PIECE_BYTES_MAX = 4096,
    POOL_BYTES_MAX = 4 << 20
};

// Under AddressSanitizer it keeps nothing, so that a late use is seen.
#if defined(__SANITIZE_ADDRESS__)
#define POOL_KEEPS false
#elif defined(__has_feature)
#define POOL_KEEPS (!__has_feature(address_sanitizer))
#else
#define POOL_KEEPS true
#endif

struct pool {
    struct pool_piece *kept[POOL_PIECE_BYTES_MAX / POOL_STEP_BYTES];
    size_t kept_bytes;
};

// Not zeroed. A pool of zeros is an empty one.
void *pool_take(struct pool *pool, size_t bytes);
void pool_give_back(struct pool *pool, void *given, size_t bytes);

// What a piece of so many bytes takes in truth.
size_t pool_piece_bytes(size_t bytes);

// Everything that is kept goes back to malloc.
void pool_release(struct pool *pool);

#endif
