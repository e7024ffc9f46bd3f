#include "base/pool.h"

#include "base/alloc.h"
#include "base/cache.h"

#include <stdlib.h>

struct pool_piece {
    struct pool_piece *next;
};

size_t pool_piece_bytes(size_t bytes)
{
    if (bytes > POOL_PIECE_BYTES_MAX)
        return bytes;
    size_t steps = (bytes + POOL_STEP_BYTES - 1) / POOL_STEP_BYTES;
    return (steps > 0 ? steps : 1) * POOL_STEP_BYTES;
}

static struct pool_piece **kept_of(struct pool *pool, size_t piece_bytes)
{
    return &pool->kept[piece_bytes / POOL_STEP_BYTES - 1];
}

void *pool_take(struct pool *pool, size_t bytes)
{
    size_t piece_bytes = pool_piece_bytes(bytes);
    if (piece_bytes > POOL_PIECE_BYTES_MAX)
        return alloc_bytes(piece_bytes);
    struct pool_piece **kept = kept_of(pool, piece_bytes);
    struct pool_piece *piece = *kept;
    if (!piece)
        return alloc_bytes(piece_bytes);
    *kept = piece->next;
    if (*kept) // It is taken next.
        cache_fetch(*kept, piece_bytes);
    pool->kept_bytes -= piece_bytes;
    return piece;
}

void pool_give_back(struct pool *pool, void *given, size_t bytes)
{
    size_t piece_bytes = pool_piece_bytes(bytes);
    bool fits =
        piece_bytes <= POOL_PIECE_BYTES_MAX && pool->kept_bytes + piece_bytes <= POOL_BYTES_MAX;
    if (!POOL_KEEPS || !fits) {
        free(given);
        return;
    }
    struct pool_piece *piece = given;
    struct pool_piece **kept = kept_of(pool, piece_bytes);
    piece->next = *kept;
    *kept = piece;
    pool->kept_bytes += piece_bytes;
}

void pool_release(struct pool *pool)
{
    for (size_t i = 0; i < sizeof pool->kept / sizeof *pool->kept; i++) {
        while (pool->kept[i]) {
            struct pool_piece *piece = pool->kept[i];
            pool->kept[i] = piece->next;
            free(piece);
        }
    }
    pool->kept_bytes = 0;
}
