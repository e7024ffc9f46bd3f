// publication_check - whether publications are there and publish what a stream needs.
//
// pgoutput sends what publications say. One that is missing ends the stream; one that lacks tables,
// or operations, leaves them out without a word; and a table without a replica identity refuses the
// application's own updates as long as it is published. So they are looked at when a stream starts.
// None is ever made or altered: who owns the tables has to want that. What is said comes with SQL
// that mends it when it is pasted, and breaks nothing: no table is put into a publication before it
// has a replica identity.
//
// https://www.postgresql.org/docs/current/logical-replication-publication.html
#ifndef PGK_POSTGRES_PUBLICATION_CHECK_H
#define PGK_POSTGRES_PUBLICATION_CHECK_H

#include "base/err.h"

struct conn;
struct replication_options;
struct waiter;

// False where the stream could not run: a publication is missing, or two publish different columns
// of a table. What only leaves something out, or may, is logged as a warning; tables that are in no
// publication, where a pattern names them, or where no table is in one. The slot need not exist
// yet.
MUST_CHECK bool publication_check(struct conn *sql, const struct replication_options *options,
    struct waiter *waiter, struct err *err);

#endif
