// hash_map - from a byte run to a pointer.
//
// Memory: the map copies its keys; what the values point to belongs to the caller.
#ifndef PGK_BASE_HASH_MAP_H
#define PGK_BASE_HASH_MAP_H

#include "base/str.h"

struct hash_map {
    struct hash_map_cell *cells;
    size_t capacity; // A power of two, or 0 before the first key.
    size_t count;
};

void hash_map_init(struct hash_map *map);
void hash_map_release(struct hash_map *map);

// NULL when there is none.
void *hash_map_get(const struct hash_map *map, struct str key);

// Returns the value that stood there, NULL when there was none. The new value is not NULL.
void *hash_map_put(struct hash_map *map, struct str key, void *value);

// Returns the value that was taken out, NULL when there was none.
void *hash_map_take(struct hash_map *map, struct str key);

// Walks over all values in no particular order: *at starts at 0; NULL at the end. Nothing may be
// put or taken meanwhile.
void *hash_map_next(const struct hash_map *map, size_t *at);

#endif
