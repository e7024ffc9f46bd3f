// utf8 - characters as RFC 3629 encodes them.
//
// Overlong forms, surrogates and what is past U+10FFFF are no characters.
#ifndef PGK_BASE_UTF8_H
#define PGK_BASE_UTF8_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

// The length of the character that text begins with, 0 when its first byte begins none.
size_t utf8_length(struct str text);

// Whether all of the text is characters.
bool utf8_is_valid(struct str text);

// Adds the text; each byte that is part of no character becomes U+FFFD. That is up to
// UTF8_GROWTH_MAX times as long.
enum {
    UTF8_GROWTH_MAX = 3
};
void utf8_write(struct buf *buf, struct str text);

#endif
