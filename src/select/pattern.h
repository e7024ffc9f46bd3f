// pattern - psql's patterns for table names: [[database.]schema.]name.
//
// Letters outside of double quotes are folded to lower case, `*` is any text and `?` any character;
// everything else is the server's regular expression, anchored at both ends. `$` is always itself,
// and so is `[]`. Inside of double quotes every character is itself, a doubled quote is one.
// https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-PATTERNS
//
// Pure: what becomes of them is patternToSQLRegex() of src/fe_utils/string_utils.c, byte for byte.
#ifndef PGK_SELECT_PATTERN_H
#define PGK_SELECT_PATTERN_H

#include "base/err.h"
#include "base/str.h"

struct table_pattern;

enum {
    PATTERN_BYTES_MAX = 4096
};

// Fills text, database, schema and name of the pattern, which are then its own. ERR_USAGE: the text
// is no pattern, and *pattern owns nothing.
MUST_CHECK bool pattern_read(struct str text, struct table_pattern *pattern, struct err *err);

// The next pattern of *list, which keeps what follows the separator. A separator inside of double
// quotes or braces belongs to the pattern; blanks around it do not. An empty list is one empty
// pattern.
struct str pattern_cut(struct str *list, char separator);

#endif
