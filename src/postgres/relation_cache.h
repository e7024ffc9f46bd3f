// relation_cache - the relations seen of late, by quoted name: the last RELATION_CACHE_MAX of them.
//
// Memory: the cache owns its relations. One that is replaced or crowded out stays valid until
// relation_cache_sweep(), because the event being read may still borrow it.
#ifndef PGK_POSTGRES_RELATION_CACHE_H
#define PGK_POSTGRES_RELATION_CACHE_H

#include "base/str.h"

struct relation;
struct relation_cache;

enum {
    RELATION_CACHE_MAX = 10000
};

struct relation_cache *relation_cache_new(void);
void relation_cache_free(struct relation_cache *cache);

// NULL when there is none of that name. The one found is the last to be crowded out.
struct relation *relation_cache_get(struct relation_cache *cache, struct str quoted);

// Takes the relation, in the place of the one of the same name if there is one: of that it inherits
// the key, as the last known under the name, to be asked for again.
void relation_cache_put(struct relation_cache *cache, struct relation *relation);

// Frees what was replaced or crowded out.
void relation_cache_sweep(struct relation_cache *cache);

#endif
