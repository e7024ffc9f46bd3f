// null_reader - reads a replication slot as fast as it goes and throws away what comes.
//
//   null_reader CONNINFO SLOT END_LSN LOWAT_BYTES [OPTION...]
//
// The walsender sends each row by itself, and each that finds its reader asleep pays for waking it.
// LOWAT_BYTES (SO_RCVLOWAT) is how much must be waiting before the reader is woken: 1 is eager, as
// pg_recvlogical is; 65536 lets the server run, and shows what it could do. An OPTION is one of
// START_REPLICATION's, such as "proto_version '1'". Nothing is confirmed, so the slot stays as it
// is.
#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "model/lsn.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    COMMAND_BYTES_MAX = 4096,
    // Less than the mark may be waiting, of which poll() tells nothing: look all the same.
    LOOK_EVERY_MS = 5,
    STATUS_EVERY_MS = 1000,
    STATUS_BYTES = 34
};

static int fail(const char *message)
{
    fprintf(stderr, "null_reader: %s\n", message);
    return EXIT_FAILURE;
}

static bool start(PGconn *conn, const char *slot, char **options, int count)
{
    struct buf command;
    buf_init(&command, COMMAND_BYTES_MAX);
    buf_printf(&command, "START_REPLICATION SLOT \"%s\" LOGICAL 0/0", slot);
    for (int i = 0; i < count; i++)
        buf_printf(&command, "%s%s", i == 0 ? " (" : ", ", options[i]);
    if (count > 0)
        buf_add_byte(&command, ')');
    PGresult *result = PQexec(conn, buf_c(&command));
    bool ok = buf_ok(&command) && PQresultStatus(result) == PGRES_COPY_BOTH;
    PQclear(result);
    buf_release(&command);
    return ok;
}

// Whether a message says that everything before the end was sent. Data and keepalives both begin
// with a kind and a position; a commit's is where it ends.
static bool reaches(struct str message, lsn_t end)
{
    struct cursor cursor = cursor_over(message);
    cursor_u8(&cursor);
    return cursor_u64(&cursor) >= end;
}

// Takes what libpq holds; returns false at the connection's end.
static bool drain(PGconn *conn, lsn_t end, bool *reached)
{
    char *message;
    int len;
    while ((len = PQgetCopyData(conn, &message, 1)) > 0) {
        *reached |= reaches((struct str){.ptr = message, .len = (size_t)len}, end);
        PQfreemem(message);
    }
    return len == 0;
}

// Says that we are there. All positions are zero: nothing is confirmed.
static bool tell_status(PGconn *conn)
{
    const char status[STATUS_BYTES] = {'r'};
    return PQputCopyData(conn, status, sizeof status) == 1 && PQflush(conn) == 0;
}

static bool read_until(PGconn *conn, lsn_t end, int lowat_bytes)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
    if (setsockopt(fd.fd, SOL_SOCKET, SO_RCVLOWAT, &lowat_bytes, sizeof lowat_bytes) != 0)
        return false;
    int64_t status_at_ms = clock_now_ms();
    bool reached = false;
    bool ok = true;
    while (ok && !reached) {
        poll(&fd, 1, LOOK_EVERY_MS);
        ok = PQconsumeInput(conn) == 1 && drain(conn, end, &reached);
        if (ok && clock_now_ms() - status_at_ms >= STATUS_EVERY_MS) {
            ok = tell_status(conn);
            status_at_ms = clock_now_ms();
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    lsn_t end = 0;
    uint64_t lowat_bytes = 0;
    struct err err;
    if (argc < 5 || !lsn_parse(str_from_c(argv[3]), &end, &err) ||
        !str_to_u64(str_from_c(argv[4]), 1, 1 << 20, &lowat_bytes))
        return fail("usage: null_reader CONNINFO SLOT END_LSN LOWAT_BYTES [OPTION...]");

    PGconn *conn = PQconnectdb(argv[1]);
    bool ok = PQstatus(conn) == CONNECTION_OK && start(conn, argv[2], argv + 5, argc - 5) &&
              PQsetnonblocking(conn, 1) == 0 && read_until(conn, end, (int)lowat_bytes);
    if (!ok)
        fail(PQerrorMessage(conn));
    PQfinish(conn);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
