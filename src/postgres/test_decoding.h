// test_decoding - from the lines of the plugin test_decoding to events.
//
//   table public.t: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:10 t[text]:'z'
//
// Pure: bytes in, event out. The plugin must run with include-xids and skip-empty-xacts, without
// streaming. It need not run with include-timestamp: a COMMIT's time comes too late for its rows,
// and is skipped.
//
// The text says no more of a table than a row shows, so relations are learned from rows: an INSERT
// or UPDATE shows all columns, an old key or a DELETE only those that it knows and are not NULL
// (relation->is_partial). A row that does not fit what was learned, or the first whole one, makes a
// new relation, which inherits the key last known under the name, to be asked for again
// (relation->key_is_known is false).
//
// Where the text comes from: contrib/test_decoding/test_decoding.c.
#ifndef PGK_POSTGRES_TEST_DECODING_H
#define PGK_POSTGRES_TEST_DECODING_H

#include "base/err.h"
#include "postgres/wal_data.h"

#include <stddef.h>

struct event;
struct relation;
struct test_decoding;

// A decoder is for one connection: the next begins with a BEGIN again.
struct test_decoding *test_decoding_new(void);
void test_decoding_free(struct test_decoding *decoder);

// Reads a line. The event borrows data.payload and the decoder's memory until the next call. Of a
// line that nobody reads (its first word is not known, or it is of a table's rewrite) EVENT_UNKNOWN
// comes. A line that cannot be understood is ERR_DATA; the text names its table, never its values.
MUST_CHECK bool test_decoding_read(
    struct test_decoding *decoder, struct wal_data data, struct event *event, struct err *err);

// The relations that the last event names: a CHANGE's one, a TRUNCATE's all. For their owner, who
// completes the key and says what happens to them. Borrowed until the next call.
struct relation *const *test_decoding_relations(const struct test_decoding *decoder, size_t *count);

#endif
