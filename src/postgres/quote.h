// quote - names as a server's quote_identifier writes them.
//
// A name stands bare when it is of lower case letters, digits and underscores, does not begin with
// a digit and is no keyword that this server reserves. The keywords differ by version, so they are
// asked for: pg_get_keywords(), categories R, C and T
// (src/backend/utils/adt/ruleutils.c, quote_identifier).
#ifndef PGK_POSTGRES_QUOTE_H
#define PGK_POSTGRES_QUOTE_H

#include "base/hash_map.h"
#include "base/str.h"

#include <stdbool.h>

struct buf;

struct keywords {
    struct hash_map words;
};

void keywords_init(struct keywords *keywords);
void keywords_release(struct keywords *keywords);
void keywords_add(struct keywords *keywords, struct str word);

// Adds the name to `text`, quoted where it must be.
void quote_identifier(struct buf *text, struct str name, const struct keywords *keywords);

// Adds the name to `text`, quoted whether it must be or not.
void quote_always(struct buf *text, struct str name);

#endif
