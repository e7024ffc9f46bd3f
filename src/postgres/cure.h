// cure - SQL that mends what a warning tells of, to be pasted as it stands.
//
// It is one line with as many statements, or names in one, as a line of ours has room for; what is
// left out is told of again next time. A name that cannot be printed is left out, too.
#ifndef PGK_POSTGRES_CURE_H
#define PGK_POSTGRES_CURE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CURE_BYTES_MAX = 250
};

// All zero: empty.
struct cure {
    char text[CURE_BYTES_MAX + 1];
    size_t len;
};

// Adds a part, behind the separator unless it is the first. False, and nothing added: it does not
// fit, or cannot be printed.
bool cure_add(struct cure *cure, const char *separator, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
