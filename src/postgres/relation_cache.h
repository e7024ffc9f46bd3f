// relation_cache - the relations seen of late: by oid, or by quoted name where the oid is not
// known.
//
// A cache holds relations of one sort only, and no more than it is told: the one used longest ago
// is crowded out.
//
// Memory: the cache owns its relations. One that is replaced or crowded out stays valid until
// relation_cache_sweep(), because the event being read may still borrow it.
#ifndef PGK_POSTGRES_RELATION_CACHE_H
#define PGK_POSTGRES_RELATION_CACHE_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct relation;
struct relation_cache;

struct relation_cache *relation_cache_new(size_t relations_max);
void relation_cache_free(struct relation_cache *cache);

// The one that was found or put last, NULL when there is none: changes come in runs of one table.
struct relation *relation_cache_newest(const struct relation_cache *cache);

// NULL when there is none. The one found is the last to be crowded out.
struct relation *relation_cache_get(struct relation_cache *cache, struct str quoted);
struct relation *relation_cache_get_by_oid(struct relation_cache *cache, uint32_t oid);

// Takes the relation, in the place of the one of the same oid or name if there is one: of that it
// inherits the plan, and the key if it has or may have its columns, as the last known, to be asked
// for again. Unless these have the types they had, the key has moved: 1 may be quoted now.
void relation_cache_put(struct relation_cache *cache, struct relation *relation);

// Frees what was replaced or crowded out.
void relation_cache_sweep(struct relation_cache *cache);

#endif
