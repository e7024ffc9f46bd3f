// server - the PostgreSQL that the program talks to: a slot, its connections, and what befalls
// them. conn.c speaks for it through postgres/conn.h.
#ifndef PGK_SIMULATION_SERVER_H
#define PGK_SIMULATION_SERVER_H

#include "base/random.h"
#include "base/wait.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

enum {
    CONNS_MAX = 8
};

struct server {
    struct random dice;
    int64_t up_at_ms; // Down until then.
    int64_t silent_until_ms;
    int64_t slot_busy_until_ms; // The walsender of a broken connection has not noticed yet.
    uint32_t timeline;
    bool slot_exists;
    lsn_t confirmed;
    lsn_t floor;        // Somebody moved the slot there: it never falls below.
    lsn_t commit_taken; // The end of the last COMMIT that the program took.
    int last_fd;
    struct conn *conns[CONNS_MAX];
};

extern struct server server;

void server_begin(void);

void server_act(void);
int64_t server_next_ms(void);
bool server_is_ready(const struct wait_fd *fd);

// One of the connections is broken, and the program has not dropped it yet.
bool server_has_hung_up(void);

// When something sent now arrives.
int64_t server_arrival_ms(void);

// Something that takes up to a time.
int64_t server_roll(int64_t below);

// Misfortunes.
void server_break_a_connection(void);
void server_cut_stream(void);
void server_restart(void);
void server_promote(void);
void server_advance_slot(void);
void server_fall_silent(int64_t duration_ms);

// Everything before `position` is confirmed: it will never be sent again.
void server_confirm(lsn_t position);

#endif
