// conn - what the server knows of a connection besides what postgres/conn.h lets the program see.
#ifndef PGK_SIMULATION_CONN_H
#define PGK_SIMULATION_CONN_H

#include "base/wait.h"

#include <stdbool.h>
#include <stdint.h>

struct conn;

void conn_act(struct conn *conn);
int64_t conn_next_ms(const struct conn *conn);
bool conn_has_fd(const struct conn *conn, int fd);
bool conn_is_ready(const struct conn *conn, const struct wait_fd *fd);
bool conn_streams(const struct conn *conn);

// False when it was broken already.
bool conn_break(struct conn *conn);

// The server stops: a stream may be ended in good order.
void conn_shut_down(struct conn *conn);

#endif
