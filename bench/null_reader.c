// null_reader - reads a replication slot as fast as it goes and throws away what comes.
//
//   null_reader CONNINFO SLOT END_LSN LOWAT_BYTES|paced [OPTION...]
//
// The walsender sends each row by itself, and each that finds its reader asleep pays for waking it.
// LOWAT_BYTES (SO_RCVLOWAT) is how much must be waiting before the reader is woken: 1 is eager, as
// pg_recvlogical is; 65536 lets the server run. `paced` reads as pg_kinesis does. The fastest of
// them shows what the server could do. An OPTION is one of START_REPLICATION's, such as
// "proto_version '1'". Nothing is confirmed, so the slot stays as it is.
#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "model/lsn.h"
#include "postgres/pace.h"
#include "postgres/receive_window.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct reader {
    PGconn *conn;
    lsn_t end;
    bool is_paced;
    struct pace pace;
    int64_t status_at_ms;
    bool reached;
};

// Takes what libpq holds; returns false at the connection's end.
static bool take(struct reader *reader, size_t *taken)
{
    char *message;
    int len;
    while ((len = PQgetCopyData(reader->conn, &message, 1)) > 0) {
        reader->reached |= reaches((struct str){.ptr = message, .len = (size_t)len}, reader->end);
        pace_note_message(&reader->pace, (size_t)len);
        *taken += (size_t)len;
        PQfreemem(message);
    }
    return len == 0;
}

// A paced reader takes all that the socket holds, another what one call brings: so each waking
// counts.
static bool drain(struct reader *reader)
{
    size_t taken;
    do {
        taken = 0;
        if (PQconsumeInput(reader->conn) != 1 || !take(reader, &taken))
            return false;
    } while (reader->is_paced && taken > 0 && !reader->reached);
    return true;
}

// Says that we are there. All positions are zero: nothing is confirmed.
static bool tell_status(PGconn *conn)
{
    const char status[STATUS_BYTES] = {'r'};
    return PQputCopyData(conn, status, sizeof status) == 1 && PQflush(conn) == 0;
}

static bool prepare(struct reader *reader, const char *how)
{
    int fd = PQsocket(reader->conn);
    reader->is_paced = strcmp(how, "paced") == 0;
    reader->status_at_ms = clock_now_ms();
    pace_init(&reader->pace, reader->is_paced && receive_window_hold(fd), clock_now_ms());
    if (reader->is_paced)
        return true;
    uint64_t bytes = 0;
    if (!str_to_u64(str_from_c(how), 1, 1 << 20, &bytes))
        return false;
    int lowat_bytes = (int)bytes;
    return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &lowat_bytes, sizeof lowat_bytes) == 0;
}

static void sleep_a_little(struct reader *reader)
{
    struct pollfd fd = {.fd = PQsocket(reader->conn), .events = POLLIN};
    int64_t now_ms = clock_now_ms();
    if (!reader->is_paced) {
        poll(&fd, 1, LOOK_EVERY_MS);
        return;
    }
    pace_note_empty(&reader->pace, now_ms);
    if (pace_rests(&reader->pace, now_ms))
        poll(NULL, 0, clock_timeout_ms(now_ms, pace_rest_until_ms(&reader->pace)));
    else if (!pace_looks_again(&reader->pace))
        poll(&fd, 1, LOOK_EVERY_MS);
}

static bool read_to_the_end(struct reader *reader)
{
    bool ok = true;
    while (ok && !reader->reached) {
        sleep_a_little(reader);
        ok = drain(reader);
        if (ok && clock_now_ms() - reader->status_at_ms >= STATUS_EVERY_MS) {
            ok = tell_status(reader->conn);
            reader->status_at_ms = clock_now_ms();
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct reader reader = {.conn = NULL};
    struct err err;
    if (argc < 5 || !lsn_parse(str_from_c(argv[3]), &reader.end, &err))
        return fail("usage: null_reader CONNINFO SLOT END_LSN LOWAT_BYTES|paced [OPTION...]");

    reader.conn = PQconnectdb(argv[1]);
    bool ok = PQstatus(reader.conn) == CONNECTION_OK &&
              start(reader.conn, argv[2], argv + 5, argc - 5) &&
              PQsetnonblocking(reader.conn, 1) == 0 && prepare(&reader, argv[4]) &&
              read_to_the_end(&reader);
    if (!ok)
        fail(PQerrorMessage(reader.conn));
    PQfinish(reader.conn);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
