// http_pool - the connections to the service: made, kept, and let go.
//
// One that was used last is used next, so that those too many are left alone. One that was left
// alone for so long that the service may be closing it is not used any more.
#ifndef PGK_KINESIS_HTTP_POOL_H
#define PGK_KINESIS_HTTP_POOL_H

#include "kinesis/http_connection.h"

#include <poll.h>

struct http_pool {
    CURLM *multi; // Drives those that are being made.
    struct http_connection *connections;
    size_t count;
    size_t connecting;
    struct http_connection *idle;   // Open, linked by next, the one used last first.
    struct http_connection *closed; // Linked by next.
    struct curl_waitfd *waited;     // What http_pool_poll() is given, as libcurl wants it.
};

// As many connections as may be out, and as many descriptors besides as will be polled. False when
// libcurl cannot be used; released in any case.
MUST_CHECK bool http_pool_init(
    struct http_pool *pool, const struct http_peer *peer, size_t count, size_t polled_max);
void http_pool_release(struct http_pool *pool);

// An open one, or one that begins to connect and comes by http_pool_next_started(); from then on it
// belongs to `user` until it is kept or dropped. There must not be `count` out.
struct http_connection *http_pool_take(struct http_pool *pool, void *user, int64_t now_ms);
void http_pool_keep(struct http_pool *pool, struct http_connection *connection, int64_t now_ms);
void http_pool_drop(struct http_pool *pool, struct http_connection *connection);
void http_pool_drop_idle(struct http_pool *pool);

// As poll(), which it is while nothing connects; an error or a signal is as if nothing were ready.
void http_pool_poll(struct http_pool *pool, struct pollfd *polled, size_t count, int timeout_ms);

// The next one that is over with connecting: open, or closed with err. NULL when there is none.
struct http_connection *http_pool_next_started(struct http_pool *pool, struct err *err);

#endif
