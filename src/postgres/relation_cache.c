#include "postgres/relation_cache.h"

#include "base/alloc.h"
#include "base/hash_map.h"
#include "model/relation.h"

#include <assert.h>
#include <stdlib.h>

// A relation's place: in a ring by last use, or in the list of those to be swept.
struct place {
    struct relation *relation;
    struct place *older;
    struct place *newer;
};

struct relation_cache {
    struct hash_map places;
    struct place ring; // No place itself: ring.older is the newest, ring.newer the oldest.
    struct place *swept_next;
    size_t relations_max;
};

struct relation_cache *relation_cache_new(size_t relations_max)
{
    struct relation_cache *cache = alloc_zeroed(1, sizeof *cache);
    cache->relations_max = relations_max;
    hash_map_init(&cache->places);
    cache->ring.older = &cache->ring;
    cache->ring.newer = &cache->ring;
    return cache;
}

static void unlink_place(struct place *place)
{
    place->older->newer = place->newer;
    place->newer->older = place->older;
}

static void link_as_newest(struct relation_cache *cache, struct place *place)
{
    place->newer = &cache->ring;
    place->older = cache->ring.older;
    place->older->newer = place;
    place->newer->older = place;
}

static struct str oid_key(const uint32_t *oid)
{
    return (struct str){.ptr = (const char *)oid, .len = sizeof *oid};
}

// What a relation is found by.
static struct str key_of(const struct relation *relation)
{
    return relation->oid > 0 ? oid_key(&relation->oid) : relation->quoted;
}

static struct relation *find(struct relation_cache *cache, struct str key)
{
    struct place *place = hash_map_get(&cache->places, key);
    if (!place)
        return NULL;
    unlink_place(place);
    link_as_newest(cache, place);
    return place->relation;
}

struct relation *relation_cache_newest(const struct relation_cache *cache)
{
    return cache->ring.older->relation;
}

struct relation *relation_cache_get(struct relation_cache *cache, struct str quoted)
{
    struct relation *newest = relation_cache_newest(cache);
    return newest && str_equal(newest->quoted, quoted) ? newest : find(cache, quoted);
}

struct relation *relation_cache_get_by_oid(struct relation_cache *cache, uint32_t oid)
{
    struct relation *newest = relation_cache_newest(cache);
    return newest && newest->oid == oid ? newest : find(cache, oid_key(&oid));
}

// Takes a place out of the ring; its relation lives on until the next sweep.
static void retire(struct relation_cache *cache, struct place *place)
{
    unlink_place(place);
    place->older = cache->swept_next;
    cache->swept_next = place;
}

static const struct column *column_of(const struct relation *relation, struct str name)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (str_equal(relation->columns[i].name, name))
            return &relation->columns[i];
    return NULL;
}

// The name of a type that has an oid is not told yet.
static bool is_of_one_type(const struct column *a, const struct column *b)
{
    return a && b && a->type_oid == b->type_oid && (a->type_oid > 0 || str_equal(a->type, b->type));
}

// A whole relation without the key's columns is another table that bears the name now, and no row
// carries another table's key.
static void inherit_key(struct relation *heir, const struct relation *before)
{
    struct str names[RELATION_KEY_COLUMNS_MAX];
    for (size_t i = 0; i < before->key_count; i++) {
        names[i] = before->key[i].name;
        const struct column *column = column_of(heir, names[i]);
        if (!heir->is_partial && !column)
            return;
        heir->key_moved |= !is_of_one_type(column_of(before, names[i]), column);
    }
    relation_set_key(heir, names, before->key_count);
}

void relation_cache_put(struct relation_cache *cache, struct relation *relation)
{
    struct place *place = alloc_zeroed(1, sizeof *place);
    place->relation = relation;
    struct place *before = hash_map_put(&cache->places, key_of(relation), place);
    if (before) {
        relation->key_moved = before->relation->key_moved;
        inherit_key(relation, before->relation);
        relation->plan = before->relation->plan;
        retire(cache, before);
    }
    link_as_newest(cache, place);

    if (cache->places.count > cache->relations_max) {
        struct place *oldest = cache->ring.newer;
        hash_map_take(&cache->places, key_of(oldest->relation));
        retire(cache, oldest);
    }
    assert(cache->places.count <= cache->relations_max);
}

static void place_free(struct place *place)
{
    relation_free(place->relation);
    free(place);
}

void relation_cache_sweep(struct relation_cache *cache)
{
    while (cache->swept_next) {
        struct place *place = cache->swept_next;
        cache->swept_next = place->older;
        place_free(place);
    }
}

void relation_cache_free(struct relation_cache *cache)
{
    if (!cache)
        return;
    relation_cache_sweep(cache);
    size_t at = 0;
    struct place *place;
    while ((place = hash_map_next(&cache->places, &at)))
        place_free(place);
    hash_map_release(&cache->places);
    free(cache);
}
