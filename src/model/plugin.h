// plugin - which of the server's output plugins writes the stream, and what it reads.
#ifndef PGK_MODEL_PLUGIN_H
#define PGK_MODEL_PLUGIN_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum plugin {
    PLUGIN_AUTO, // The slot's own.
    PLUGIN_TEST_DECODING,
    PLUGIN_PGOUTPUT
};

// The publications that pgoutput reads. The names are borrowed.
enum {
    PUBLICATIONS_MAX = 32
};
struct publications {
    struct str names[PUBLICATIONS_MAX];
    size_t count;
};

// Adds names, one a line.
MUST_CHECK bool publications_add(
    struct publications *publications, struct str names, struct err *err);

// Drops the first ones, which were inherited, if others came after them.
void publications_override(struct publications *publications, size_t inherited);

#endif
