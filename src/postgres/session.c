#include "postgres/session.h"

#include "postgres/ask.h"
#include "postgres/conn.h"
#include "postgres/quote.h"

#include <stdio.h>

static bool identify(struct session *session, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask(session->replication, "IDENTIFY_SYSTEM", waiter, err);
    if (!rows)
        return err_wrap(err, "cannot identify the server");
    uint64_t timeline = 0;
    bool ok = rows_count(rows) == 1 &&
              str_to_u64(rows_value(rows, 0, 1), 1, UINT32_MAX, &timeline) &&
              lsn_parse(rows_value(rows, 0, 2), &session->position, err);
    if (ok) {
        session->timeline = (uint32_t)timeline;
        snprintf(session->system_id, sizeof session->system_id, STR_FMT,
            STR_ARG(rows_value(rows, 0, 0)));
        snprintf(
            session->database, sizeof session->database, STR_FMT, STR_ARG(rows_value(rows, 0, 3)));
    }
    rows_free(rows);
    return ok || err_set(err, ERR_RETRY, "the server does not say what it is");
}

static bool learn_timeout(struct session *session, struct waiter *waiter, struct err *err)
{
    // In pg_settings it is a number of milliseconds, whatever unit SHOW would choose.
    static const char query[] =
        "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'";
    struct rows *rows = ask(session->replication, query, waiter, err);
    if (!rows)
        return err_wrap(err, "cannot read wal_sender_timeout");
    uint64_t timeout_ms = 0;
    bool ok =
        rows_count(rows) == 1 && str_to_u64(rows_value(rows, 0, 0), 0, INT32_MAX, &timeout_ms);
    rows_free(rows);
    session->wal_sender_timeout_ms = (int64_t)timeout_ms;
    return ok || err_set(err, ERR_RETRY, "the server does not tell its wal_sender_timeout");
}

bool session_open(
    struct session *session, const char *source, struct waiter *waiter, struct err *err)
{
    *session = (struct session){.sql = NULL};
    session->sql = ask_connect(source, CONN_SQL, waiter, err);
    if (session->sql)
        session->replication = ask_connect(source, CONN_REPLICATION, waiter, err);
    if (session->replication && identify(session, waiter, err) &&
        learn_timeout(session, waiter, err))
        return true;
    session_close(session);
    return false;
}

void session_close(struct session *session)
{
    conn_free(session->replication);
    conn_free(session->sql);
    *session = (struct session){.sql = NULL};
}

bool session_is_standby(
    const struct session *session, bool *is_standby, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask(session->sql, "SELECT pg_catalog.pg_is_in_recovery()", waiter, err);
    if (!rows)
        return err_wrap(err, "cannot ask whether the server is a standby");
    *is_standby = str_equal(rows_value(rows, 0, 0), STR("t"));
    rows_free(rows);
    return true;
}

bool session_keywords(
    struct session *session, struct keywords *keywords, struct waiter *waiter, struct err *err)
{
    static const char query[] =
        "SELECT word FROM pg_catalog.pg_get_keywords() WHERE catcode IN ('R', 'C', 'T')";
    struct rows *rows = ask(session->sql, query, waiter, err);
    if (!rows)
        return err_wrap(err, "cannot read the server's keywords");
    for (size_t row = 0; row < rows_count(rows); row++)
        keywords_add(keywords, rows_value(rows, row, 0));
    rows_free(rows);
    return true;
}
