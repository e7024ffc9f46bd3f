#include "postgres/ask.h"

#include "base/clock.h"

static bool sleep_on(struct conn *conn, struct waiter *waiter, struct err *err)
{
    struct wait_fd fd = conn_wait_fd(conn);
    if (waiter->sleep_until(waiter, &fd, 1, conn_deadline_ms(conn)))
        return true;
    return err_set(err, ERR_RETRY, "interrupted");
}

struct conn *ask_connect(
    const char *source, enum conn_purpose purpose, struct waiter *waiter, struct err *err)
{
    struct conn *conn = conn_start(source, purpose, err);
    enum step step = STEP_BUSY;
    while (conn && (step = conn_connect_step(conn, clock_now_ms(), err)) == STEP_BUSY)
        if (!sleep_on(conn, waiter, err))
            break;
    if (conn && step == STEP_DONE)
        return conn;
    conn_free(conn);
    if (err->kind != ERR_USAGE)
        err_wrap(err, "cannot connect to PostgreSQL");
    return NULL;
}

static struct rows *await(struct conn *conn, struct waiter *waiter, struct err *err)
{
    struct rows *rows = NULL;
    enum step step = STEP_BUSY;
    while ((step = conn_result_step(conn, &rows, err)) == STEP_BUSY) {
        if (sleep_on(conn, waiter, err))
            continue;
        conn_cancel(conn);
        return NULL;
    }
    return step == STEP_DONE ? rows : NULL;
}

struct rows *ask(struct conn *conn, const char *sql, struct waiter *waiter, struct err *err)
{
    return conn_send(conn, sql, err) ? await(conn, waiter, err) : NULL;
}

struct rows *ask_with(struct conn *conn, const char *sql, const char *const *parameters,
    size_t count, struct waiter *waiter, struct err *err)
{
    return conn_send_with(conn, sql, parameters, count, err) ? await(conn, waiter, err) : NULL;
}
