// ask - questions whose answer is worth waiting for: the steps of conn, taken one after the other
// while the given sleeper sleeps. For the start and for commands; never while a stream flows.
#ifndef PGK_POSTGRES_ASK_H
#define PGK_POSTGRES_ASK_H

#include "base/err.h"
#include "postgres/conn.h"

struct waiter;

// A connection that stands, NULL with *err when there is none.
struct conn *ask_connect(
    const char *source, enum conn_purpose purpose, struct waiter *waiter, struct err *err);

// The answer, the caller's to free; NULL with *err. There is no deadline: creating a slot takes as
// long as the oldest open write transaction. Told to leave, it cancels the query.
struct rows *ask(struct conn *conn, const char *sql, struct waiter *waiter, struct err *err);
struct rows *ask_with(struct conn *conn, const char *sql, const char *const *parameters,
    size_t count, struct waiter *waiter, struct err *err);

#endif
