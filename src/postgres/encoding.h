// encoding - from the encoding of a database to UTF-8.
//
// A walsender converts nothing of what test_decoding writes, and of what pgoutput writes it refuses
// for ever what it cannot convert: so we read either in the database's own encoding. In none of
// those is an ASCII byte part of another character, so whole lines can be converted before they are
// read. https://www.postgresql.org/docs/current/multibyte.html#MULTIBYTE-CHARSET-SUPPORTED
//
// A byte that is no character becomes 0xff, which UTF-8 never has: whoever writes records replaces
// and counts those.
#ifndef PGK_POSTGRES_ENCODING_H
#define PGK_POSTGRES_ENCODING_H

#include "base/str.h"

#include <stdbool.h>

struct encoding;

// No character grows more: one byte gives three at most, two give two characters at most.
enum {
    ENCODING_GROWTH_MAX = 3
};

// Whether there is something to convert from the encoding of that name, and we can.
bool encoding_is_ours(const char *server_encoding);

// By the server's name for it, as server_encoding tells. UTF8 needs no conversion, and of SQL_ASCII
// nobody knows one: in these, and in any that is not known here, every text stays as it is.
struct encoding *encoding_new(const char *server_encoding);
void encoding_free(struct encoding *encoding);

// Borrowed: from `text` itself when there is nothing to convert, else from the encoding until the
// next call.
struct str encoding_to_utf8(struct encoding *encoding, struct str text);

#endif
