#include "base/hash_map.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Linear probing; at most three quarters full; a taken key's followers move up, so there are no
// tombstones and a look-up ends at the first empty cell.
struct hash_map_cell {
    uint64_t hash;
    char *key;
    size_t key_len;
    void *value; // NULL: empty.
};

enum {
    CAPACITY_FIRST = 16
};

void hash_map_init(struct hash_map *map)
{
    *map = (struct hash_map){.cells = NULL};
}

void hash_map_release(struct hash_map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        free(map->cells[i].key);
    free(map->cells);
    hash_map_init(map);
}

// The cell that holds the key, or the empty one where it would go.
static struct hash_map_cell *find(const struct hash_map *map, struct str key, uint64_t hash)
{
    size_t mask = map->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct hash_map_cell *cell = &map->cells[i];
        if (!cell->value)
            return cell;
        if (cell->hash == hash && cell->key_len == key.len &&
            memcmp(cell->key, key.ptr, key.len) == 0)
            return cell;
    }
}

void *hash_map_get(const struct hash_map *map, struct str key)
{
    return map->count > 0 ? find(map, key, str_hash(key))->value : NULL;
}

static void widen(struct hash_map *map)
{
    struct hash_map old = *map;
    map->capacity = old.capacity > 0 ? 2 * old.capacity : CAPACITY_FIRST;
    map->cells = alloc_zeroed(map->capacity, sizeof *map->cells);
    for (size_t i = 0; i < old.capacity; i++) {
        struct hash_map_cell *cell = &old.cells[i];
        if (cell->value)
            *find(map, (struct str){cell->key, cell->key_len}, cell->hash) = *cell;
    }
    free(old.cells);
}

void *hash_map_put(struct hash_map *map, struct str key, void *value)
{
    assert(value);
    if (4 * (map->count + 1) > 3 * map->capacity)
        widen(map);
    uint64_t hash = str_hash(key);
    struct hash_map_cell *cell = find(map, key, hash);
    void *before = cell->value;
    if (!before) {
        char *copy = alloc_bytes(key.len);
        memcpy(copy, key.ptr, key.len);
        *cell = (struct hash_map_cell){.hash = hash, .key = copy, .key_len = key.len};
        map->count++;
    }
    cell->value = value;
    return before;
}

static void close_gap(struct hash_map *map, size_t gap)
{
    size_t mask = map->capacity - 1;
    for (size_t i = (gap + 1) & mask; map->cells[i].value; i = (i + 1) & mask) {
        size_t home = map->cells[i].hash & mask;
        bool may_move = ((i - home) & mask) >= ((i - gap) & mask);
        if (may_move) {
            map->cells[gap] = map->cells[i];
            map->cells[i] = (struct hash_map_cell){.value = NULL};
            gap = i;
        }
    }
}

void *hash_map_take(struct hash_map *map, struct str key)
{
    if (map->count == 0)
        return NULL;
    struct hash_map_cell *cell = find(map, key, str_hash(key));
    void *value = cell->value;
    if (!value)
        return NULL;
    free(cell->key);
    *cell = (struct hash_map_cell){.value = NULL};
    map->count--;
    close_gap(map, (size_t)(cell - map->cells));
    return value;
}

void *hash_map_next(const struct hash_map *map, size_t *at)
{
    while (*at < map->capacity) {
        void *value = map->cells[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
