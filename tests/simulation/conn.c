// conn - postgres/conn.h as the simulated server serves it.
#include "postgres/conn.h"

#include "answers.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "conn.h"
#include "history.h"
#include "oracle.h"
#include "server.h"
#include "walsender.h"
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stage {
    STAGE_CONNECTING,
    STAGE_IDLE,
    STAGE_ASKING,
    STAGE_STREAMING
};

struct conn {
    int fd;
    enum conn_purpose purpose;
    enum stage stage;
    int64_t ready_ms;  // When it stands, or the answer is there.
    int64_t breaks_ms; // From then on it is broken.
    int64_t ends_ms;   // From then on the stream has ended in good order.
    struct question question;
    char *message; // Which the program reads.
    struct walsender sender;
};

static bool is_broken(const struct conn *conn)
{
    return world.now_ms >= conn->breaks_ms;
}

static bool is_down(void)
{
    return world.now_ms < server.up_at_ms;
}

struct conn *conn_start(const char *source, enum conn_purpose purpose, struct err *err)
{
    (void)source;
    (void)err;
    struct conn *conn = alloc_zeroed(1, sizeof *conn);
    conn->fd = ++server.last_fd;
    conn->purpose = purpose;
    conn->ready_ms = server_arrival_ms() + 1;
    conn->breaks_ms = CLOCK_NEVER_MS;
    conn->ends_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < CONNS_MAX; i++) {
        if (!server.conns[i]) {
            server.conns[i] = conn;
            return conn;
        }
    }
    world_broken(INVARIANT_SIMULATION, "more than %d connections", CONNS_MAX);
}

// The walsender may take its time to notice that its reader is gone.
static void free_slot(struct conn *conn)
{
    walsender_lose(&conn->sender);
    walsender_release(&conn->sender);
    conn->stage = STAGE_IDLE;
    if (server_roll(3) == 0)
        server.slot_busy_until_ms = world.now_ms + server_roll(1500);
}

void conn_free(struct conn *conn)
{
    if (!conn)
        return;
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i] == conn)
            server.conns[i] = NULL;
    if (conn->stage == STAGE_STREAMING)
        free_slot(conn);
    free(conn->message);
    free(conn);
}

static bool lost(struct err *err)
{
    return err_set(err, ERR_RETRY, "lost the connection to the server");
}

enum step conn_connect_step(struct conn *conn, int64_t now_ms, struct err *err)
{
    if (conn->stage != STAGE_CONNECTING)
        return STEP_DONE;
    if (now_ms < conn->ready_ms && !is_broken(conn))
        return STEP_BUSY;
    world_moved();
    if (is_broken(conn) || is_down()) {
        err_set(err, ERR_RETRY, "connection refused");
        return STEP_FAILED;
    }
    conn->stage = STAGE_IDLE;
    return STEP_DONE;
}

struct wait_fd conn_wait_fd(const struct conn *conn)
{
    return (struct wait_fd){.fd = conn->fd, .read = true};
}

int64_t conn_deadline_ms(const struct conn *conn)
{
    return conn->stage == STAGE_CONNECTING ? conn->ready_ms + 10000 : CLOCK_NEVER_MS;
}

int conn_server_version(const struct conn *conn)
{
    (void)conn;
    return world.scenario.server_version;
}

int conn_backend_pid(const struct conn *conn)
{
    return conn->fd;
}

const char *conn_server_encoding(const struct conn *conn)
{
    (void)conn;
    return "UTF8";
}

bool conn_send(struct conn *conn, const char *sql, struct err *err)
{
    return conn_send_with(conn, sql, NULL, 0, err);
}

bool conn_send_with(struct conn *conn, const char *sql, const char *const *parameters, size_t count,
    struct err *err)
{
    world_moved();
    if (is_broken(conn))
        return lost(err);
    struct question *question = &conn->question;
    snprintf(question->sql, sizeof question->sql, "%s", sql);
    assert(count <= PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++)
        snprintf(
            question->parameters[i], PARAMETER_BYTES, "%s", parameters[i] ? parameters[i] : "");
    conn->stage = STAGE_ASKING;
    conn->ready_ms = server_arrival_ms();
    bool breaks_off = scenario_has(&world.scenario, MISFORTUNE_CATALOG) && !world.is_calm;
    if (breaks_off && conn->purpose == CONN_SQL && server_roll(20) == 0)
        conn->breaks_ms = conn->ready_ms;
    return true;
}

bool conn_send_prepared(struct conn *conn, const char *name, const char *const *parameters,
    size_t count, struct err *err)
{
    return conn_send_with(conn, name, parameters, count, err);
}

static bool start_streaming(struct conn *conn, struct err *err)
{
    if (world.now_ms < server.slot_busy_until_ms)
        return err_set(err, ERR_RETRY, "replication slot \"simulation\" is active for PID 1");
    uint32_t high = 0;
    uint32_t low = 0;
    const char *at = strstr(conn->question.sql, "LOGICAL ");
    if (!at || sscanf(at, "LOGICAL %X/%X", &high, &low) != 2)
        world_broken(INVARIANT_SIMULATION, "cannot read %s", conn->question.sql);
    lsn_t from = (lsn_t)high << 32 | low;
    if (from < server.confirmed)
        from = server.confirmed;
    world_trace("stream starts at " LSN_FMT, LSN_ARG(from));
    conn->stage = STAGE_STREAMING;
    walsender_start(&conn->sender, from);
    return true;
}

enum step conn_result_step(struct conn *conn, struct rows **rows, struct err *err)
{
    if (world.now_ms < conn->ready_ms && !is_broken(conn))
        return STEP_BUSY;
    world_moved();
    if (is_broken(conn)) {
        lost(err);
        return STEP_FAILED;
    }
    conn->stage = STAGE_IDLE;
    *rows = alloc_zeroed(1, sizeof **rows);
    answer(&conn->question, *rows);
    if (!rows_is_copy(*rows) || start_streaming(conn, err))
        return STEP_DONE;
    free(*rows);
    return STEP_FAILED;
}

bool conn_is_broken(const struct conn *conn)
{
    return is_broken(conn);
}

void conn_cancel(struct conn *conn)
{
    conn->stage = STAGE_IDLE;
}

size_t rows_count(const struct rows *rows)
{
    return rows->count;
}

struct str rows_value(const struct rows *rows, size_t row, size_t column)
{
    return str_from_c(rows->cells[row][column]);
}

bool rows_is_null(const struct rows *rows, size_t row, size_t column)
{
    return !rows->present[row][column];
}

bool rows_is_copy(const struct rows *rows)
{
    return rows->is_copy;
}

void rows_free(struct rows *rows)
{
    free(rows);
}

enum copy_state conn_copy_next(struct conn *conn, struct str *message, struct err *err)
{
    free(conn->message);
    conn->message = NULL;
    struct sent_message sent;
    if (!is_broken(conn) && walsender_take(&conn->sender, &sent)) {
        world_moved();
        conn->message = sent.bytes;
        *message = (struct str){.ptr = sent.bytes, .len = sent.len};
        return COPY_MESSAGE;
    }
    if (is_broken(conn)) {
        lost(err);
        return COPY_FAILED;
    }
    return world.now_ms >= conn->ends_ms ? COPY_ENDED : COPY_WAIT;
}

static lsn_t read_lsn(const char *at)
{
    lsn_t lsn = 0;
    for (size_t i = 0; i < 8; i++)
        lsn = lsn << 8 | (uint8_t)at[i];
    return lsn;
}

bool conn_copy_send(struct conn *conn, struct str message, struct err *err)
{
    world_moved();
    if (message.len != 34 || message.ptr[0] != 'r')
        world_broken(INVARIANT_SIMULATION, "this is no status");
    lsn_t flushed = read_lsn(message.ptr + 9);
    oracle_judge_confirmed(flushed);
    if (is_broken(conn)) // What was sent to the dead may have seemed to go well.
        return server_roll(2) == 0 || lost(err);
    walsender_hear(&conn->sender, flushed, message.ptr[33] != 0);
    return true;
}

bool conn_hold_window(struct conn *conn)
{
    (void)conn;
    return server_roll(2) == 0;
}

bool conn_is_hung_up(const struct conn *conn)
{
    return is_broken(conn);
}

bool conn_is_cut_off(struct conn *conn)
{
    return is_broken(conn);
}

// Inside a transaction the server sends the rest of it first; here it takes too long for that.
bool conn_copy_end(struct conn *conn, struct err *err)
{
    world_moved();
    if (is_broken(conn))
        return lost(err);
    if (!walsender_is_inside(&conn->sender))
        conn->ends_ms = server_arrival_ms() + world.scenario.latency_ms;
    conn->sender.is_leaving = true;
    return true;
}

void conn_act(struct conn *conn)
{
    if (conn->stage == STAGE_STREAMING && !is_broken(conn) && !walsender_act(&conn->sender))
        conn_break(conn);
}

static int64_t if_to_come(int64_t at_ms)
{
    return at_ms > world.now_ms ? at_ms : CLOCK_NEVER_MS;
}

int64_t conn_next_ms(const struct conn *conn)
{
    if (is_broken(conn))
        return CLOCK_NEVER_MS;
    int64_t at_ms = world_earlier(if_to_come(conn->ready_ms), if_to_come(conn->breaks_ms));
    at_ms = world_earlier(at_ms, if_to_come(conn->ends_ms));
    if (conn->stage == STAGE_STREAMING)
        at_ms = world_earlier(at_ms, walsender_next_ms(&conn->sender));
    return at_ms;
}

bool conn_has_fd(const struct conn *conn, int fd)
{
    return conn->fd == fd;
}

bool conn_is_ready(const struct conn *conn, const struct wait_fd *fd)
{
    if (is_broken(conn))
        return true; // A hang-up is always heard.
    if (!fd->read)
        return false;
    if (conn->stage == STAGE_STREAMING)
        return walsender_is_ready(&conn->sender) || world.now_ms >= conn->ends_ms;
    return conn->stage != STAGE_IDLE && world.now_ms >= conn->ready_ms;
}

bool conn_streams(const struct conn *conn)
{
    return conn->stage == STAGE_STREAMING && !is_broken(conn);
}

bool conn_break(struct conn *conn)
{
    if (is_broken(conn))
        return false;
    world_trace("connection %d breaks", conn->fd);
    conn->breaks_ms = world.now_ms;
    if (conn->stage == STAGE_STREAMING)
        walsender_lose(&conn->sender);
    return true;
}

void conn_shut_down(struct conn *conn)
{
    bool politely = conn->stage == STAGE_STREAMING && !walsender_is_inside(&conn->sender) &&
                    server_roll(2) == 0;
    if (politely) {
        conn->ends_ms = world.now_ms;
        conn->sender.is_leaving = true;
    } else
        conn_break(conn);
}
