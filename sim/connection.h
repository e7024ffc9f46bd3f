// connection - one peer: its bytes in, its answers out, and what a fault does to them.
//
// Memory: a connection owns its channel and its buffers, which http_request.h bounds.
#ifndef SIM_CONNECTION_H
#define SIM_CONNECTION_H

#include "base/buf.h"
#include "sim/channel.h"
#include "sim/faults.h"

struct service;

enum connection_state {
    CONNECTION_READING,
    CONNECTION_HOLDING, // An answer is ready, or its next byte, and waits for its time.
    CONNECTION_WRITING,
    CONNECTION_SILENT, // Open, and nothing will ever be said.
    CONNECTION_DONE,
};

struct connection {
    struct channel channel;
    enum connection_state state;
    struct buf in;
    size_t in_wanted; // So many bytes make a whole request; 0 when not known yet.
    bool continued;   // "100 Continue" was said for the request being read.
    struct buf out;
    size_t out_sent;
    bool keep_alive;
    bool used; // For a request before.
    struct fault fault;
    int64_t answer_at_ms;
    uint64_t request; // Whose reply is being sent and has no fate yet; 0: none.
};

// Takes the descriptor; tls as in channel.h.
struct connection *connection_new(int fd, const struct tls *tls);
void connection_free(struct connection *connection);

// What to poll for, and when to look again at the latest (CLOCK_NEVER_MS for never).
short connection_events(const struct connection *connection);
int64_t connection_deadline_ms(const struct connection *connection);

// Does what can be done now, without blocking.
void connection_advance(
    struct connection *connection, short ready, struct service *service, int64_t now_ms);

#endif
