#include "server.h"

#include "base/clock.h"
#include "conn.h"
#include "history.h"
#include "oracle.h"
#include "postgres/conn.h"
#include "world.h"

struct server server;

void server_begin(void)
{
    server = (struct server){.dice = world_random(2), .timeline = 1, .last_fd = HOST_SIGNALS_FD};
}

int64_t server_roll(int64_t below)
{
    return (int64_t)random_below(&server.dice, (uint64_t)below);
}

int64_t server_arrival_ms(void)
{
    int64_t from_ms = server.silent_until_ms > world.now_ms ? server.silent_until_ms : world.now_ms;
    return from_ms + server_roll(world.scenario.latency_ms + 1);
}

void server_act(void)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i])
            conn_act(server.conns[i]);
}

int64_t server_next_ms(void)
{
    int64_t at_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i])
            at_ms = world_earlier(at_ms, conn_next_ms(server.conns[i]));
    return at_ms;
}

bool server_is_ready(const struct wait_fd *fd)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i] && conn_has_fd(server.conns[i], fd->fd))
            return conn_is_ready(server.conns[i], fd);
    return false;
}

bool server_has_hung_up(void)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i] && conn_is_hung_up(server.conns[i]))
            return true;
    return false;
}

void server_break_a_connection(void)
{
    size_t first = (size_t)server_roll(CONNS_MAX);
    for (size_t i = 0; i < CONNS_MAX; i++) {
        struct conn *conn = server.conns[(first + i) % CONNS_MAX];
        if (conn && conn_break(conn))
            return;
    }
}

void server_cut_stream(void)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i] && conn_streams(server.conns[i]))
            conn_break(server.conns[i]);
}

void server_restart(void)
{
    world_trace("the server restarts");
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i])
            conn_shut_down(server.conns[i]);
    server.up_at_ms = world.now_ms + server_roll(5000);
    server.slot_busy_until_ms = 0;
}

// The standby has all of the log; its copy of the slot may be an older one.
void server_promote(void)
{
    server_restart();
    server.timeline++;
    lsn_t older = server.confirmed;
    for (size_t i = 0; i < history.entry_count && history.entries[i].end < server.confirmed; i++)
        if (history.entries[i].end >= server.floor && server_roll(4) == 0)
            older = history.entries[i].end;
    world_trace("a standby takes over, its slot at " LSN_FMT, LSN_ARG(older));
    server.confirmed = older;
}

static void move_slot(lsn_t position)
{
    server.confirmed = position;
    server.floor = position;
    oracle_forgive_before(position);
}

void server_advance_slot(void)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (server.conns[i] && conn_streams(server.conns[i]))
            return;
    for (size_t i = 0; i < history.entry_count; i++) {
        lsn_t end = history.entries[i].end;
        if (server.slot_exists && end > server.confirmed && server_roll(3) == 0) {
            world_trace("somebody moves the slot to " LSN_FMT, LSN_ARG(end));
            move_slot(end);
            return;
        }
    }
}

void server_fall_silent(int64_t duration_ms)
{
    world_trace("the network is silent for %lld ms", (long long)duration_ms);
    server.silent_until_ms = world.now_ms + duration_ms;
}

void server_confirm(lsn_t position)
{
    if (position <= server.confirmed)
        return;
    world_trace("confirmed: " LSN_FMT, LSN_ARG(position));
    server.confirmed = position;
}
