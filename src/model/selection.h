// selection - which tables are wanted: the operator's patterns, as the server's regular
// expressions.
//
// A table is wanted when a pattern includes it, or when none includes anything, and no pattern
// excludes it. The server does the matching: its regular expressions are a dialect of its own, and
// only it knows search_path and partitions.
//
// Memory: a selection owns its patterns, of which there are at most SELECTION_PATTERNS_MAX, and
// a pattern its strings.
#ifndef PGK_MODEL_SELECTION_H
#define PGK_MODEL_SELECTION_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct table_pattern {
    char *text;        // As the operator wrote it.
    char *database;    // It must be the one we are connected to; NULL: not said.
    char *schema;      // Regular expression; NULL: the table is one that search_path finds.
    char *name;        // Regular expression.
    bool excludes;     // Else it includes.
    bool and_children; // What it matches brings its partitions and inheritance children along.
};

void table_pattern_release(struct table_pattern *pattern);

struct selection {
    struct table_pattern *patterns;
    size_t count;
};

enum {
    SELECTION_PATTERNS_MAX = 1000
};

void selection_release(struct selection *selection);

// Takes the pattern; ERR_USAGE, and it is released, when there are too many.
MUST_CHECK bool selection_add(
    struct selection *selection, struct table_pattern pattern, struct err *err);

// Of the including patterns, as of the excluding ones, those after the first `count` take the place
// of those among them: a command line goes over the environment.
void selection_override(struct selection *selection, size_t count);

#endif
