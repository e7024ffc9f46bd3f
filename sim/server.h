// server - listens on the loopback interface and serves every connection in one loop.
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "base/err.h"

#include <signal.h>

struct service;
struct tls;

enum {
    SERVER_CONNECTIONS_MAX = 1024,
};

struct server {
    int fd;
    const struct tls *tls; // Borrowed; NULL: it serves in the clear.
    uint16_t port;
    struct connection *connections[SERVER_CONNECTIONS_MAX];
    size_t connections_count;
};

// Port 0 is any free one; the one it became is in the struct.
MUST_CHECK bool server_open(
    struct server *server, uint16_t port, const struct tls *tls, struct err *err);
void server_close(struct server *server);

// Serves until *stop, which a signal handler sets. Its signals must be blocked outside of the mask
// while_asleep: let in only while the loop sleeps, none is missed.
void server_run(struct server *server, struct service *service, const sigset_t *while_asleep,
    const volatile sig_atomic_t *stop);

#endif
