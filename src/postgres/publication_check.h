// publication_check - whether publications are there and publish what a stream needs.
//
// pgoutput sends what publications say. One that is missing ends the stream; one that lacks tables,
// or operations, leaves them out without a word; and a table without a replica identity refuses the
// application's own updates as long as it is published. So they are looked at when a stream starts.
// None is ever made or altered: who owns the tables has to want that. What is said comes with SQL
// that mends it.
//
// https://www.postgresql.org/docs/current/logical-replication-publication.html
#ifndef PGK_POSTGRES_PUBLICATION_CHECK_H
#define PGK_POSTGRES_PUBLICATION_CHECK_H

#include "base/err.h"
#include "model/plugin.h"

struct conn;
struct waiter;

// False where the stream could not run: one is missing, or two publish different columns of a
// table. What only leaves something out is logged as a warning. `slot` may not exist yet.
MUST_CHECK bool publication_check(struct conn *sql, const struct publications *publications,
    const char *slot, struct waiter *waiter, struct err *err);

#endif
