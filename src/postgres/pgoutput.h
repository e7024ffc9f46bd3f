// pgoutput - from the messages of the plugin pgoutput to events.
//
// Pure: bytes in, event out. The plugin must run with protocol 1, which sends whole transactions
// after they were committed; with messages where they are wanted; without binary.
//
// The server describes a table before its first row on a connection, and again before the next row
// whenever it changed, be it inside a transaction. A description replaces what was known; the key
// is inherited from it, to be asked for again (relation->key_is_known is false), and so are the
// names of types (relation->types_are_known is false).
//
// Rows come out as test_decoding shows them, so that records are the same whichever plugin runs:
// an old row does not show what is NULL, names are quoted as the server's quote_identifier does.
//
// https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
#ifndef PGK_POSTGRES_PGOUTPUT_H
#define PGK_POSTGRES_PGOUTPUT_H

#include "base/err.h"
#include "postgres/wal_data.h"

#include <stddef.h>

struct encoding;
struct event;
struct keywords;
struct pgoutput;
struct relation;

// A decoder is for one connection: the next begins with a BEGIN again. Borrows the keywords, the
// server's, and the encoding of what it sends, NULL for UTF-8, for as long as it lives.
struct pgoutput *pgoutput_new(const struct keywords *keywords, struct encoding *encoding);
void pgoutput_free(struct pgoutput *decoder);

// Reads a message. The event borrows data.payload and the decoder's memory until the next call. A
// message that only prepares for others (RELATION, TYPE, ORIGIN) gives EVENT_NONE, one that nobody
// reads EVENT_UNKNOWN.
//
// A message that cannot be understood is ERR_DATA and leaves the decoder as it was; the text names
// its table, never its values. A row of a table that was not described, or so long ago that it is
// forgotten (100,000 others since), is ERR_RETRY: on a new connection the server describes it.
MUST_CHECK bool pgoutput_read(
    struct pgoutput *decoder, struct wal_data data, struct event *event, struct err *err);

// The relations that the last event names: a CHANGE's one, a TRUNCATE's all. For their owner, who
// completes types and key and says what happens to them. Borrowed until the next call.
struct relation *const *pgoutput_relations(const struct pgoutput *decoder, size_t *count);

#endif
