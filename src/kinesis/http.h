// http - POST requests to one address, several at a time, each sent once.
//
// HTTP/1.1 over connections that are kept. One that is dead fails the request that was sent on it,
// and nothing is sent again here: whoever signed the request decides, and a record stored twice is
// known as possible.
//
// Memory: an http owns its exchanges; between http_take() and http_give_back() one is the caller's.
#ifndef PGK_KINESIS_HTTP_H
#define PGK_KINESIS_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/wait.h"
#include "kinesis/http_reply.h"

struct header;
struct http;
struct http_connection;

// A request and its reply.
struct http_exchange {
    // The request: its body is added by the caller, and left alone until it is done. The head goes
    // into the room before it, so that both leave in one call: http_body() tells them apart.
    struct buf request;
    void *tag;      // The caller's own,
    unsigned epoch; // and this.

    struct err err;          // Why there is no reply; ERR_NONE when there is one.
    bool may_have_left;      // False: nothing of it can have reached the peer.
    struct http_reply reply; // Valid while err is ERR_NONE, until it is given back.

    // The rest is http's.
    struct http *http;
    struct http_exchange *next;
    struct http_connection *connection; // While it is under way.
    struct str unsent;
    bool is_on_kept; // Its connection has served others.
    int64_t started_ms;
    int64_t moved_ms; // When bytes of it last came or went.
};

struct http_options {
    const char *url;       // Scheme, host, port: requests go to the path "/".
    const char *ca_bundle; // A file of certificates, NULL for the host's own.
    size_t exchanges_max;
    size_t body_bytes_max; // Of a request.
};

struct http *http_new(const struct http_options *options, struct err *err);

// Whatever is under way is cut off.
void http_free(struct http *http);

// A free exchange with an empty body, NULL when all are out.
struct http_exchange *http_take(struct http *http);
void http_give_back(struct http *http, struct http_exchange *exchange);

// The request's body; borrowed until the next write to it.
struct str http_body(const struct http_exchange *exchange);

// Starts it; the headers, of which Host is one, are a line each, and copied. It comes back by
// http_next_done().
void http_send(struct http_exchange *exchange, const struct header *headers, size_t count);
struct http_exchange *http_next_done(struct http *http);

// Sleeps until a transfer moves, one of fds is ready or the time is over (-1: no end), then moves
// what can be moved.
void http_wait(struct http *http, struct wait_fd *fds, size_t count, int timeout_ms);

// What the bodies of requests and replies take while their exchanges are out. What is kept besides,
// to be used again, is bounded by the number of exchanges.
size_t http_memory_bytes(const struct http *http);

#endif
