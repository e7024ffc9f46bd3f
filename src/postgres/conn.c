#include "postgres/conn.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "postgres/encoding.h"
#include "postgres/receive_window.h"
#include "postgres/server_error.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_S = 10,
    SETTINGS_BYTES_MAX = 1 << 18,
    PARAMETERS_MAX = 64
};

// https://www.postgresql.org/docs/current/runtime-config-client.html. All of these exist since
// 9.6; what is younger is set once the server's version is known.
static const char pinned_settings[] =
    "-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex"
    " -c quote_all_identifiers=off -c statement_timeout=0 -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0";

enum conn_stage {
    STAGE_CONNECTING,
    STAGE_SETTING,
    STAGE_READY
};

struct conn {
    PGconn *pg;
    bool streams;
    enum conn_stage stage;
    PostgresPollingStatusType polling;
    int64_t connect_timeout_ms;
    int64_t deadline_ms;
    PGresult *result;  // Of the running query, as far as it is answered: see keep().
    char *message;     // The CopyData message that the caller reads.
    bool copy_is_over; // The results that tell how are still to come.
};

struct connect_parameters {
    const char *names[PARAMETERS_MAX];
    const char *values[PARAMETERS_MAX];
    size_t count;
};

static void add_parameter(struct connect_parameters *all, const char *name, const char *value)
{
    assert(all->count + 1 < PARAMETERS_MAX);
    all->names[all->count] = name;
    all->values[all->count] = value;
    all->count++;
}

// libpq's own texts about a malformed string quote it, password and all: so we say it ourselves.
static PQconninfoOption *parse_source(const char *source, struct err *err)
{
    PQconninfoOption *options = PQconninfoParse(source, NULL);
    if (!options) {
        err_set(err, ERR_USAGE, "--source is not a connection string");
        err_hint(err, "write postgres://user@host:5432/database, or host=... dbname=...");
    }
    return options;
}

static void add_source(struct connect_parameters *all, const PQconninfoOption *options,
    const char **user_settings, int64_t *connect_timeout_ms)
{
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (!option->val)
            continue;
        if (strcmp(option->keyword, "options") == 0)
            *user_settings = option->val;
        else if (strcmp(option->keyword, "replication") != 0)
            add_parameter(all, option->keyword, option->val);
        uint64_t seconds = 0;
        if (strcmp(option->keyword, "connect_timeout") == 0 &&
            str_to_u64(str_from_c(option->val), 1, 3600, &seconds))
            *connect_timeout_ms = (int64_t)seconds * 1000;
    }
}

// Of a name given twice libpq takes the last value: ours that may be overruled come before the
// operator's, ours that must hold after.
static PGconn *begin(const PQconninfoOption *options, struct conn *conn, enum conn_purpose purpose)
{
    struct connect_parameters all = {.count = 0};
    add_parameter(&all, "fallback_application_name", "pg_kinesis");
    // Half a minute of silence and three unanswered probes: a dead peer is noticed within a minute.
    add_parameter(&all, "keepalives_idle", "30");
    add_parameter(&all, "keepalives_interval", "10");
    add_parameter(&all, "keepalives_count", "3");
    add_parameter(&all, "tcp_user_timeout", "60000");

    const char *user_settings = getenv("PGOPTIONS");
    add_source(&all, options, &user_settings, &conn->connect_timeout_ms);

    struct buf settings;
    buf_init(&settings, SETTINGS_BYTES_MAX);
    buf_printf(&settings, "%s %s", user_settings ? user_settings : "", pinned_settings);
    assert(buf_ok(&settings)); // Linux gives no argument or variable over 128 KiB.
    add_parameter(&all, "options", buf_c(&settings));
    add_parameter(&all, "client_encoding", "UTF8");
    if (purpose == CONN_REPLICATION)
        add_parameter(&all, "replication", "database");

    PGconn *pg = PQconnectStartParams(all.names, all.values, 0);
    buf_release(&settings);
    return pg;
}

// libpq would write to standard error itself, in lines that are not ours.
static void note(void *unused, const PGresult *notice)
{
    (void)unused;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool warns = severity && strcmp(severity, "WARNING") == 0;
    struct str text = str_from_c(PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
    log_event(warns ? LOG_WARNING : LOG_DEBUG, "the server says: %s", err_quote(text).text);
}

struct conn *conn_start(const char *source, enum conn_purpose purpose, struct err *err)
{
    // libpq sends PGDATESTYLE as a setting of its own, which would come after ours.
    unsetenv("PGDATESTYLE");
    PQconninfoOption *options = parse_source(source, err);
    if (!options)
        return NULL;

    struct conn *conn = alloc_zeroed(1, sizeof *conn);
    conn->connect_timeout_ms = CONNECT_TIMEOUT_S * 1000;
    conn->streams = purpose == CONN_REPLICATION;
    conn->polling = PGRES_POLLING_WRITING; // libpq: behave as if it had said so.
    conn->pg = begin(options, conn, purpose);
    PQconninfoFree(options);
    if (conn->pg && PQstatus(conn->pg) != CONNECTION_BAD) {
        PQsetNoticeReceiver(conn->pg, note, NULL);
        return conn;
    }

    server_error_connecting(err, str_from_c(conn->pg ? PQerrorMessage(conn->pg) : "out of memory"));
    conn_free(conn);
    return NULL;
}

void conn_free(struct conn *conn)
{
    if (!conn)
        return;
    PQclear(conn->result);
    PQfreemem(conn->message);
    PQfinish(conn->pg);
    free(conn);
}

static const char *younger_settings(int server_version)
{
    if (server_version >= 170000)
        return "SET idle_session_timeout = 0; SET transaction_timeout = 0";
    return server_version >= 140000 ? "SET idle_session_timeout = 0" : "SELECT 1";
}

// A database may hold bytes that are no character, SQL_ASCII any; and refuses to send those as long
// as we ask for UTF-8. SQL_ASCII asks for what is there.
static const char *encoding_setting(const struct conn *conn)
{
    const char *encoding = conn_server_encoding(conn);
    bool is_any = strcmp(encoding, "SQL_ASCII") == 0;
    bool is_raw = is_any || (conn->streams && encoding_is_ours(encoding));
    return is_raw ? "SET client_encoding = SQL_ASCII; " : "";
}

static enum step begin_settings(struct conn *conn, struct err *err)
{
    conn->stage = STAGE_SETTING;
    PQsetnonblocking(conn->pg, 1);
    char settings[200];
    snprintf(settings, sizeof settings, "%s%s", encoding_setting(conn),
        younger_settings(PQserverVersion(conn->pg)));
    return conn_send(conn, settings, err) ? STEP_BUSY : STEP_FAILED;
}

// libpq takes a socket that is not ready for one that is, and then waits for it in our place.
static bool is_ready(const struct conn *conn)
{
    struct wait_fd fd = conn_wait_fd(conn);
    wait_poll(&fd, 1, 0);
    return fd.fd < 0 || fd.ready;
}

static enum step connecting_step(struct conn *conn, struct err *err)
{
    if (!is_ready(conn))
        return STEP_BUSY;
    conn->polling = PQconnectPoll(conn->pg);
    if (conn->polling == PGRES_POLLING_OK)
        return begin_settings(conn, err);
    if (conn->polling != PGRES_POLLING_FAILED)
        return STEP_BUSY;
    server_error_connecting(err, str_from_c(PQerrorMessage(conn->pg)));
    return STEP_FAILED;
}

static enum step setting_step(struct conn *conn, struct err *err)
{
    struct rows *rows = NULL;
    enum step step = conn_result_step(conn, &rows, err);
    if (step != STEP_DONE)
        return step;
    rows_free(rows);
    conn->stage = STAGE_READY;
    conn->deadline_ms = CLOCK_NEVER_MS;
    return STEP_DONE;
}

enum step conn_connect_step(struct conn *conn, int64_t now_ms, struct err *err)
{
    if (conn->stage == STAGE_READY)
        return STEP_DONE;
    if (conn->deadline_ms == 0)
        conn->deadline_ms = now_ms + conn->connect_timeout_ms;
    enum step step =
        conn->stage == STAGE_CONNECTING ? connecting_step(conn, err) : setting_step(conn, err);
    if (step != STEP_BUSY || now_ms < conn->deadline_ms)
        return step;
    err_set(err, ERR_RETRY, "no answer from the server within %lld s",
        (long long)conn->connect_timeout_ms / 1000);
    err_hint(err, "check host and port, and that a firewall lets them through");
    return STEP_FAILED;
}

struct wait_fd conn_wait_fd(const struct conn *conn)
{
    struct wait_fd fd = {.fd = PQsocket(conn->pg), .read = true};
    if (conn->stage == STAGE_CONNECTING) {
        fd.read = conn->polling == PGRES_POLLING_READING;
        fd.write = conn->polling == PGRES_POLLING_WRITING;
        return fd;
    }
    // libpq: when something could not be sent, wait for either direction.
    fd.write = PQflush(conn->pg) == 1;
    return fd;
}

int64_t conn_deadline_ms(const struct conn *conn)
{
    return conn->stage == STAGE_READY ? CLOCK_NEVER_MS : conn->deadline_ms;
}

int conn_server_version(const struct conn *conn)
{
    return PQserverVersion(conn->pg);
}

int conn_backend_pid(const struct conn *conn)
{
    return PQbackendPID(conn->pg);
}

const char *conn_server_encoding(const struct conn *conn)
{
    const char *encoding = PQparameterStatus(conn->pg, "server_encoding");
    return encoding ? encoding : "";
}

bool conn_is_broken(const struct conn *conn)
{
    return PQstatus(conn->pg) == CONNECTION_BAD;
}

static bool connection_lost(struct conn *conn, struct err *err)
{
    return err_set(err, ERR_RETRY, "lost the connection to the server: %s",
        err_quote(str_from_c(PQerrorMessage(conn->pg))).text);
}

bool conn_send(struct conn *conn, const char *sql, struct err *err)
{
    return PQsendQuery(conn->pg, sql) == 1 || connection_lost(conn, err);
}

bool conn_send_with(struct conn *conn, const char *sql, const char *const *parameters, size_t count,
    struct err *err)
{
    assert(count <= CONN_PARAMETERS_MAX);
    return PQsendQueryParams(conn->pg, sql, (int)count, NULL, parameters, NULL, NULL, 0) == 1 ||
           connection_lost(conn, err);
}

bool conn_send_prepared(struct conn *conn, const char *name, const char *const *parameters,
    size_t count, struct err *err)
{
    return PQsendQueryPrepared(conn->pg, name, (int)count, parameters, NULL, NULL, 0) == 1 ||
           connection_lost(conn, err);
}

static bool is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COPY_BOTH || status == PGRES_COPY_OUT || status == PGRES_COPY_IN;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_BOTH;
}

static bool result_error(const PGresult *result, struct err *err)
{
    if (is_copy(result))
        return err_set(err, ERR_RETRY, "the server breaks the replication protocol");
    return server_error(err, str_from_c(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
        str_from_c(PQresultErrorMessage(result)));
}

// Of several results (one a statement) the last good one is the answer; the first bad one is the
// verdict, though all must be taken before the next query.
static void keep(struct conn *conn, PGresult *result)
{
    if (conn->result && !is_good(conn->result)) {
        PQclear(result);
        return;
    }
    PQclear(conn->result);
    conn->result = result;
}

static enum step judge(struct conn *conn, struct rows **rows, struct err *err)
{
    PGresult *result = conn->result;
    conn->result = NULL;
    if (result && is_good(result)) {
        *rows = (struct rows *)result;
        return STEP_DONE;
    }
    if (result)
        result_error(result, err);
    else
        connection_lost(conn, err);
    PQclear(result);
    return STEP_FAILED;
}

// Takes what is there; asked for more, libpq would wait for it in our place.
static enum step take_results(struct conn *conn, struct rows **rows, struct err *err)
{
    while (!PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        // While a COPY runs it is the result, again and again.
        bool is_last = !result || is_copy(result);
        if (result)
            keep(conn, result);
        if (is_last)
            return judge(conn, rows, err);
    }
    return STEP_BUSY;
}

enum step conn_result_step(struct conn *conn, struct rows **rows, struct err *err)
{
    bool alive = PQflush(conn->pg) >= 0 && PQconsumeInput(conn->pg) == 1;
    // The server may have said why before it hung up.
    enum step step = take_results(conn, rows, err);
    if (step != STEP_BUSY || alive)
        return step;
    connection_lost(conn, err);
    return STEP_FAILED;
}

void conn_cancel(struct conn *conn)
{
    PGcancel *cancel = PQgetCancel(conn->pg);
    char unused[256];
    if (cancel)
        PQcancel(cancel, unused, sizeof unused);
    PQfreeCancel(cancel);
}

size_t rows_count(const struct rows *rows)
{
    return (size_t)PQntuples((const PGresult *)rows);
}

struct str rows_value(const struct rows *rows, size_t row, size_t column)
{
    const PGresult *result = (const PGresult *)rows;
    if (row >= rows_count(rows) || column >= (size_t)PQnfields(result))
        return STR("");
    return (struct str){
        .ptr = PQgetvalue(result, (int)row, (int)column),
        .len = (size_t)PQgetlength(result, (int)row, (int)column),
    };
}

bool rows_is_null(const struct rows *rows, size_t row, size_t column)
{
    return PQgetisnull((const PGresult *)rows, (int)row, (int)column) == 1;
}

bool rows_is_copy(const struct rows *rows)
{
    return PQresultStatus((const PGresult *)rows) == PGRES_COPY_BOTH;
}

void rows_free(struct rows *rows)
{
    PQclear((PGresult *)rows);
}

// libpq reported the end of the COPY: the results say whether in good order.
static enum copy_state end_copy(struct conn *conn, struct err *err)
{
    conn->copy_is_over = true;
    struct rows *rows = NULL;
    enum step step = conn_result_step(conn, &rows, err);
    rows_free(rows);
    if (step == STEP_BUSY)
        return COPY_WAIT;
    conn->copy_is_over = false;
    return step == STEP_DONE ? COPY_ENDED : COPY_FAILED;
}

// Returns whether a whole message is there, or the COPY is over; *len is libpq's verdict.
static bool take_message(struct conn *conn, int *len)
{
    *len = PQgetCopyData(conn->pg, &conn->message, 1);
    return *len != 0;
}

enum copy_state conn_copy_next(struct conn *conn, struct str *message, struct err *err)
{
    PQfreemem(conn->message);
    conn->message = NULL;
    if (conn->copy_is_over)
        return end_copy(conn, err);
    int len = 0;
    // libpq buffers ahead and TLS hides bytes from poll(): what libpq has, then what the socket
    // has, before anyone sleeps.
    if (!take_message(conn, &len)) {
        bool alive = PQconsumeInput(conn->pg) == 1;
        if (!take_message(conn, &len)) {
            if (alive)
                return COPY_WAIT;
            connection_lost(conn, err);
            return COPY_FAILED;
        }
    }
    if (len == -1)
        return end_copy(conn, err);
    if (len < 0) {
        connection_lost(conn, err);
        return COPY_FAILED;
    }
    *message = (struct str){.ptr = conn->message, .len = (size_t)len};
    return COPY_MESSAGE;
}

bool conn_copy_send(struct conn *conn, struct str message, struct err *err)
{
    if (PQputCopyData(conn->pg, message.ptr, (int)message.len) < 0 || PQflush(conn->pg) < 0)
        return connection_lost(conn, err);
    return true;
}

bool conn_hold_window(struct conn *conn)
{
    return receive_window_hold(PQsocket(conn->pg));
}

bool conn_is_hung_up(const struct conn *conn)
{
    struct wait_fd fd = {.fd = PQsocket(conn->pg)};
    wait_poll(&fd, 1, 0);
    return fd.ready;
}

bool conn_is_cut_off(struct conn *conn)
{
    return PQconsumeInput(conn->pg) == 0 || conn_is_broken(conn);
}

bool conn_copy_end(struct conn *conn, struct err *err)
{
    if (PQputCopyEnd(conn->pg, NULL) < 0 || PQflush(conn->pg) < 0)
        return connection_lost(conn, err);
    return true;
}
