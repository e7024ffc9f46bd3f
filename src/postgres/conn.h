// conn - one connection to PostgreSQL, by libpq. No verb of it blocks, but for the look-up of host
// names, which libpq does in place (https://www.postgresql.org/docs/current/libpq-connect.html).
//
// It gives and takes rows and CopyData bytes and knows nothing of what they mean. The settings that
// shape values as text are pinned for the session, so that no ALTER ROLE or ALTER DATABASE changes
// a record; TimeZone and search_path stay the role's. Text comes as UTF-8, but for a stream's,
// which is in the database's own encoding (encoding.h), and an SQL_ASCII database's.
//
// Memory: conn_start() makes a conn, conn_free() ends it; results are freed by rows_free().
#ifndef PGK_POSTGRES_CONN_H
#define PGK_POSTGRES_CONN_H

#include "base/err.h"
#include "base/step.h"
#include "base/str.h"
#include "base/wait.h"

#include <stddef.h>
#include <stdint.h>

struct conn;
struct rows;

enum conn_purpose {
    CONN_SQL,        // For questions.
    CONN_REPLICATION // To stream; it takes simple queries too.
};

// Begin to connect. `source` is a URI or key=value pairs and may be empty; the PG* environment
// fills what it leaves out. NULL: *err says what is wrong with it, without quoting it.
struct conn *conn_start(const char *source, enum conn_purpose purpose, struct err *err);
void conn_free(struct conn *conn);

// DONE when the connection stands and its settings are made. The source's connect_timeout, 10 s if
// it has none, is kept here.
enum step conn_connect_step(struct conn *conn, int64_t now_ms, struct err *err);

// What the next step waits for, and when to take it at the latest.
struct wait_fd conn_wait_fd(const struct conn *conn);
int64_t conn_deadline_ms(const struct conn *conn);

// As libpq: 150018 for 15.18.
int conn_server_version(const struct conn *conn);
int conn_backend_pid(const struct conn *conn);
const char *conn_server_encoding(const struct conn *conn); // Of the database, as UTF8; never NULL.

// Send a query; one at a time. The parameters are C strings, as text.
MUST_CHECK bool conn_send(struct conn *conn, const char *sql, struct err *err);
enum {
    CONN_PARAMETERS_MAX = 12
};
MUST_CHECK bool conn_send_with(struct conn *conn, const char *sql, const char *const *parameters,
    size_t count, struct err *err);
// Of a statement that was PREPAREd on this connection.
MUST_CHECK bool conn_send_prepared(struct conn *conn, const char *name,
    const char *const *parameters, size_t count, struct err *err);

// DONE: *rows is the answer, the caller's to free. FAILED by the server's word leaves the
// connection usable unless conn_is_broken().
enum step conn_result_step(struct conn *conn, struct rows **rows, struct err *err);
bool conn_is_broken(const struct conn *conn);

// Ask the server to give up the running query. Blocks as long as a connect does.
void conn_cancel(struct conn *conn);

size_t rows_count(const struct rows *rows);
// "" for NULL, and where the server sent less than was asked for.
struct str rows_value(const struct rows *rows, size_t row, size_t column);
bool rows_is_null(const struct rows *rows, size_t row, size_t column);
bool rows_is_copy(const struct rows *rows); // The connection is in COPY BOTH now.
void rows_free(struct rows *rows);

// In COPY BOTH: the next message, if it is there whole.
enum copy_state {
    COPY_MESSAGE, // *message is filled; borrowed until the next call.
    COPY_WAIT,
    COPY_ENDED, // The server ended the COPY in good order.
    COPY_FAILED
};
enum copy_state conn_copy_next(struct conn *conn, struct str *message, struct err *err);
MUST_CHECK bool conn_copy_send(struct conn *conn, struct str message, struct err *err);

// Before the first message: as receive_window_hold() (postgres/receive_window.h).
bool conn_hold_window(struct conn *conn);

// True when the peer is gone for good, read or not. For a reader who pauses.
bool conn_is_hung_up(const struct conn *conn);

// Looks whether the server ended a connection for questions: it says so, or hangs up.
bool conn_is_cut_off(struct conn *conn);

// Tell the server that no more will come from us; it ends the COPY in turn.
MUST_CHECK bool conn_copy_end(struct conn *conn, struct err *err);

#endif
