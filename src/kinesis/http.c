#include "kinesis/http.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "kinesis/header.h"
#include "kinesis/http_pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TIMEOUT_MS = 15000,
    BYTES_PER_EXTRA_SECOND = 256 << 10,
    STALLED_MS = 15000,
    // A body larger than a usual request's gives its memory back at once.
    REQUEST_BYTES_KEPT = 2 << 20,
    // All of a usual request. Over TLS a piece is told as sent when all of it is, so one must not
    // be so large that nothing seems to move meanwhile.
    SENT_BYTES_MAX = 256 << 10,
    // Some of a reply to 500 records at a time, in the nearest cache when it is copied.
    RECEIVED_BYTES_MAX = 16 << 10,
    SLEEP_MS_MAX = 60000
};

struct http {
    struct http_pool pool;
    struct http_exchange *exchanges;
    size_t count;
    struct http_exchange *free;       // Linked by next.
    struct http_exchange *done;       // Linked by next, oldest first.
    struct http_exchange **done_end;  // Where the next one done is linked.
    struct http_exchange **listening; // Those whose connections are listened to,
    struct pollfd *polled;            // which come behind the caller's fds.
    struct buf head;                  // To write one in.
    char received[RECEIVED_BYTES_MAX];
};

static void exchanges_init(struct http *http, const struct http_options *options)
{
    http->count = options->exchanges_max;
    http->exchanges = alloc_zeroed(http->count, sizeof *http->exchanges);
    http->listening = alloc_zeroed(http->count, sizeof(struct http_exchange *));
    http->polled = alloc_zeroed(WAIT_FDS_MAX + http->count, sizeof *http->polled);
    for (size_t i = 0; i < http->count; i++) {
        struct http_exchange *exchange = &http->exchanges[i];
        exchange->http = http;
        buf_init(&exchange->request, HTTP_HEAD_BYTES_MAX + options->body_bytes_max);
        http_reply_init(&exchange->reply);
        exchange->next = http->free;
        http->free = exchange;
    }
}

struct http *http_new(const struct http_options *options, struct err *err)
{
    if (options->ca_bundle && access(options->ca_bundle, R_OK) != 0) {
        err_set(err, ERR_OPERATOR, "cannot read the certificates in %s: %s", options->ca_bundle,
            strerror(errno));
        err_hint(err, "AWS_CA_BUNDLE names that file");
        return NULL;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct http *http = alloc_zeroed(1, sizeof *http);
    http->done_end = &http->done;
    buf_init(&http->head, HTTP_HEAD_BYTES_MAX);
    exchanges_init(http, options);
    const struct http_peer peer = {.url = options->url, .ca_bundle = options->ca_bundle};
    if (!http_pool_init(&http->pool, &peer, http->count, WAIT_FDS_MAX + http->count)) {
        http_free(http);
        err_set(err, ERR_OPERATOR, "libcurl cannot be used");
        return NULL;
    }
    return http;
}

void http_free(struct http *http)
{
    http_pool_release(&http->pool);
    for (size_t i = 0; i < http->count; i++) {
        buf_release(&http->exchanges[i].request);
        http_reply_release(&http->exchanges[i].reply);
    }
    curl_global_cleanup();
    buf_release(&http->head);
    free(http->exchanges);
    free(http->listening);
    free(http->polled);
    free(http);
}

static void recycle(struct buf *bytes)
{
    buf_clear(bytes);
    if (bytes->capacity > REQUEST_BYTES_KEPT)
        buf_release(bytes);
}

struct http_exchange *http_take(struct http *http)
{
    struct http_exchange *exchange = http->free;
    if (!exchange)
        return NULL;
    http->free = exchange->next;
    buf_room(&exchange->request, HTTP_HEAD_BYTES_MAX);
    buf_grow(&exchange->request, HTTP_HEAD_BYTES_MAX);
    return exchange;
}

void http_give_back(struct http *http, struct http_exchange *exchange)
{
    recycle(&exchange->request);
    recycle(&exchange->reply.body);
    exchange->tag = NULL;
    exchange->next = http->free;
    http->free = exchange;
}

struct str http_body(const struct http_exchange *exchange)
{
    return str_after(buf_str(&exchange->request), HTTP_HEAD_BYTES_MAX);
}

static void add_line(struct buf *head, struct str name, struct str value)
{
    assert(!memchr(value.ptr, '\n', value.len)); // It would end the head, or add to it.
    buf_add(head, name);
    buf_add(head, STR(": "));
    buf_add(head, value);
    buf_add(head, STR("\r\n"));
}

// The head, right before the body.
static bool write_head(struct http_exchange *exchange, const struct header *headers, size_t count)
{
    struct buf *head = &exchange->http->head;
    const struct str body = http_body(exchange);
    buf_clear(head);
    buf_add(head, STR("POST / HTTP/1.1\r\n"));
    add_line(head, STR("user-agent"), STR("pg_kinesis/" PGK_VERSION));
    for (size_t i = 0; i < count; i++)
        add_line(head, headers[i].name, headers[i].value);
    buf_printf(head, "content-length: %zu\r\n\r\n", body.len);
    if (!buf_ok(head))
        return err_set(&exchange->err, ERR_OPERATOR,
            "the head of a request takes %zu bytes, more than %d: see the session token",
            buf_wanted(head), HTTP_HEAD_BYTES_MAX);
    char *start = exchange->request.ptr + HTTP_HEAD_BYTES_MAX - head->len;
    memcpy(start, head->ptr, head->len);
    exchange->unsent = (struct str){.ptr = start, .len = head->len + body.len};
    return true;
}

static void add_done(struct http_exchange *exchange)
{
    struct http *http = exchange->http;
    exchange->next = NULL;
    *http->done_end = exchange;
    http->done_end = &exchange->next;
}

static bool can_be_kept(const struct http_exchange *exchange)
{
    return exchange->err.kind == ERR_NONE && exchange->unsent.len == 0 &&
           !exchange->reply.ends_connection;
}

static void finish(struct http_exchange *exchange, int64_t now_ms)
{
    struct http_pool *pool = &exchange->http->pool;
    if (can_be_kept(exchange))
        http_pool_keep(pool, exchange->connection, now_ms);
    else
        http_pool_drop(pool, exchange->connection);
    exchange->connection = NULL;
    // Where one connection was dead, the others may be too. Where none could be made, those that
    // are kept are all there is.
    if (exchange->err.kind != ERR_NONE && exchange->may_have_left)
        http_pool_drop_idle(pool);
    add_done(exchange);
}

// A kept connection may have been dead before the request.
static bool end_by_error(struct http_exchange *exchange)
{
    const bool is_silent = exchange->reply.status == 0;
    if (exchange->is_on_kept && is_silent)
        err_wrap(&exchange->err, "on a kept connection");
    return true;
}

// It is over when it failed, or when its reply is whole.
static bool receive(struct http_exchange *exchange, int64_t now_ms)
{
    struct http *http = exchange->http;
    struct http_reply *reply = &exchange->reply;
    for (;;) {
        size_t received;
        switch (http_connection_receive(exchange->connection, http->received, sizeof http->received,
            &received, &exchange->err)) {
        case HTTP_MOVED_NONE:
            return false;
        case HTTP_MOVED_END:
            return http_reply_end(reply, &exchange->err) || end_by_error(exchange);
        case HTTP_MOVED_ERROR:
            return end_by_error(exchange);
        case HTTP_MOVED_SOME:
            break;
        }
        exchange->moved_ms = now_ms;
        const struct str bytes = {.ptr = http->received, .len = received};
        if (!http_reply_take(reply, bytes, &exchange->err) || http_reply_is_whole(reply))
            return true;
    }
}

// A peer that takes no more may have said why before.
static bool send_failed(struct http_exchange *exchange, int64_t now_ms)
{
    const struct err why = exchange->err;
    exchange->err.kind = ERR_NONE;
    if (receive(exchange, now_ms))
        return true;
    exchange->err = why;
    return end_by_error(exchange);
}

// Sends what goes at once. It is over when it failed.
static bool send_some(struct http_exchange *exchange, int64_t now_ms)
{
    exchange->may_have_left = true;
    while (exchange->unsent.len > 0) {
        size_t sent;
        struct str piece = exchange->unsent;
        if (piece.len > SENT_BYTES_MAX)
            piece.len = SENT_BYTES_MAX;
        enum http_moved moved =
            http_connection_send(exchange->connection, piece, &sent, &exchange->err);
        if (moved == HTTP_MOVED_NONE)
            return false;
        if (moved != HTTP_MOVED_SOME)
            return send_failed(exchange, now_ms);
        exchange->moved_ms = now_ms;
        exchange->unsent = str_after(exchange->unsent, sent);
    }
    return false;
}

static void begin(struct http_exchange *exchange, int64_t now_ms)
{
    exchange->started_ms = now_ms;
    exchange->moved_ms = now_ms;
    if (send_some(exchange, now_ms))
        finish(exchange, now_ms);
}

void http_send(struct http_exchange *exchange, const struct header *headers, size_t count)
{
    struct http *http = exchange->http;
    const int64_t now_ms = clock_now_ms();
    exchange->err = (struct err){.kind = ERR_NONE};
    exchange->may_have_left = false;
    http_reply_restart(&exchange->reply);
    if (!write_head(exchange, headers, count)) {
        add_done(exchange);
        return;
    }
    exchange->connection = http_pool_take(&http->pool, exchange, now_ms);
    exchange->is_on_kept = exchange->connection->state == HTTP_OPEN;
    if (exchange->is_on_kept)
        begin(exchange, now_ms);
}

struct http_exchange *http_next_done(struct http *http)
{
    struct http_exchange *exchange = http->done;
    if (!exchange)
        return NULL;
    http->done = exchange->next;
    if (!http->done)
        http->done_end = &http->done;
    return exchange;
}

static int64_t timeout_of(const struct http_exchange *exchange)
{
    return TIMEOUT_MS + 1000 * (int64_t)(exchange->request.len / BYTES_PER_EXTRA_SECOND);
}

static int64_t expires_ms(const struct http_exchange *exchange)
{
    const int64_t whole_ms = exchange->started_ms + timeout_of(exchange);
    const int64_t stalled_ms = exchange->moved_ms + STALLED_MS;
    return whole_ms < stalled_ms ? whole_ms : stalled_ms;
}

static void expire(struct http_exchange *exchange, int64_t now_ms)
{
    if (now_ms - exchange->moved_ms >= STALLED_MS)
        err_set(&exchange->err, ERR_RETRY, "nothing moved for %d s", STALLED_MS / 1000);
    else
        err_set(&exchange->err, ERR_RETRY, "no whole reply came within %lld s",
            (long long)timeout_of(exchange) / 1000);
    finish(exchange, now_ms);
}

static void serve(struct http_exchange *exchange, short events, int64_t now_ms)
{
    bool is_over = (events & POLLOUT) != 0 && send_some(exchange, now_ms);
    if (!is_over && (events & ~POLLOUT) != 0)
        is_over = receive(exchange, now_ms);
    if (is_over)
        finish(exchange, now_ms);
    else if (now_ms >= expires_ms(exchange))
        expire(exchange, now_ms);
}

static void begin_on_new_connections(struct http *http, int64_t now_ms)
{
    struct err err;
    struct http_connection *connection;
    while ((connection = http_pool_next_started(&http->pool, &err))) {
        struct http_exchange *exchange = connection->user;
        if (connection->state == HTTP_OPEN) {
            begin(exchange, now_ms);
            continue;
        }
        exchange->err = err;
        finish(exchange, now_ms);
    }
}

// Those whose connections are open: their descriptors go behind the caller's. Returns how many.
static size_t listen_to_exchanges(struct http *http, struct pollfd *polled, int64_t *until_ms)
{
    size_t listening = 0;
    for (size_t i = 0; i < http->count; i++) {
        struct http_exchange *exchange = &http->exchanges[i];
        struct http_connection *connection = exchange->connection;
        if (!connection || connection->state != HTTP_OPEN)
            continue;
        short events = exchange->unsent.len > 0 ? POLLIN | POLLOUT : POLLIN;
        polled[listening] = (struct pollfd){.fd = connection->fd, .events = events};
        http->listening[listening++] = exchange;
        if (expires_ms(exchange) < *until_ms)
            *until_ms = expires_ms(exchange);
    }
    return listening;
}

void http_wait(struct http *http, struct wait_fd *fds, size_t count, int timeout_ms)
{
    assert(count <= WAIT_FDS_MAX);
    for (size_t i = 0; i < count; i++) {
        const int events = (fds[i].read ? POLLIN : 0) | (fds[i].write ? POLLOUT : 0);
        http->polled[i] = (struct pollfd){.fd = fds[i].fd, .events = (short)events};
    }
    int64_t now_ms = clock_now_ms();
    int64_t until_ms = now_ms + SLEEP_MS_MAX;
    if (timeout_ms >= 0 && timeout_ms < SLEEP_MS_MAX)
        until_ms = now_ms + timeout_ms;
    struct pollfd *polled = http->polled + count;
    const size_t listening = listen_to_exchanges(http, polled, &until_ms);
    const bool is_eager = http->done != NULL;
    timeout_ms = is_eager ? 0 : clock_timeout_ms(now_ms, until_ms);
    http_pool_poll(&http->pool, http->polled, count + listening, timeout_ms);

    now_ms = clock_now_ms();
    for (size_t i = 0; i < listening; i++)
        serve(http->listening[i], polled[i].revents, now_ms);
    begin_on_new_connections(http, now_ms);
}

size_t http_memory_bytes(const struct http *http)
{
    size_t bytes = 0;
    for (size_t i = 0; i < http->count; i++)
        if (http->exchanges[i].request.len > 0)
            bytes += http->exchanges[i].request.capacity + http->exchanges[i].reply.body.capacity;
    return bytes;
}
