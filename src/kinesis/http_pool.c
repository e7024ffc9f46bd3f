#include "kinesis/http_pool.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum {
    // Below the half minute after which load balancers begin to close idle connections.
    IDLE_MS_MAX = 25000
};

static void push(struct http_connection **list, struct http_connection *connection)
{
    connection->next = *list;
    *list = connection;
}

static struct http_connection *pop(struct http_connection **list)
{
    struct http_connection *connection = *list;
    if (connection)
        *list = connection->next;
    return connection;
}

bool http_pool_init(
    struct http_pool *pool, const struct http_peer *peer, size_t count, size_t polled_max)
{
    *pool = (struct http_pool){.multi = curl_multi_init()};
    pool->connections = alloc_zeroed(count, sizeof *pool->connections);
    pool->waited = alloc_zeroed(polled_max, sizeof *pool->waited);
    if (!pool->multi)
        return false;
    // So that it closes none of ours to make room for another.
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)count + 1);
    for (; pool->count < count; pool->count++) {
        struct http_connection *connection = &pool->connections[pool->count];
        if (!http_connection_init(connection, pool->multi, peer))
            return false;
        push(&pool->closed, connection);
    }
    return true;
}

void http_pool_release(struct http_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        http_connection_release(&pool->connections[i]);
    curl_multi_cleanup(pool->multi);
    free(pool->connections);
    free(pool->waited);
}

void http_pool_drop(struct http_pool *pool, struct http_connection *connection)
{
    assert(connection->state != HTTP_CONNECTING); // It is counted until it is over with that.
    http_connection_close(connection);
    push(&pool->closed, connection);
}

void http_pool_drop_idle(struct http_pool *pool)
{
    struct http_connection *connection;
    while ((connection = pop(&pool->idle)))
        http_pool_drop(pool, connection);
}

void http_pool_keep(struct http_pool *pool, struct http_connection *connection, int64_t now_ms)
{
    assert(connection->state == HTTP_OPEN);
    connection->idle_since_ms = now_ms;
    push(&pool->idle, connection);
}

// The list is in the order in which they were used.
static void drop_idle_for_long(struct http_pool *pool, int64_t now_ms)
{
    struct http_connection **link = &pool->idle;
    while (*link && now_ms - (*link)->idle_since_ms < IDLE_MS_MAX)
        link = &(*link)->next;
    struct http_connection *connection;
    while ((connection = pop(link)))
        http_pool_drop(pool, connection);
}

// Nothing was asked on it: a byte or an end is the end.
static bool seems_alive(struct http_connection *connection)
{
    char byte;
    size_t received;
    struct err err;
    return http_connection_receive(connection, &byte, 1, &received, &err) == HTTP_MOVED_NONE;
}

struct http_connection *http_pool_take(struct http_pool *pool, void *user, int64_t now_ms)
{
    drop_idle_for_long(pool, now_ms);
    struct http_connection *connection;
    while ((connection = pop(&pool->idle)) && !seems_alive(connection))
        http_pool_drop(pool, connection);
    if (!connection) {
        connection = pop(&pool->closed);
        assert(connection);
        http_connection_start(connection);
        pool->connecting++;
    }
    connection->user = user;
    return connection;
}

// libcurl alone knows what a connection in the making waits for.
static void wait_with_libcurl(
    struct http_pool *pool, const struct pollfd *polled, size_t count, int timeout_ms)
{
    for (size_t i = 0; i < count; i++) {
        const int read = polled[i].events & POLLIN ? CURL_WAIT_POLLIN : 0;
        const int write = polled[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0;
        pool->waited[i] = (struct curl_waitfd){.fd = polled[i].fd, .events = (short)(read | write)};
    }
    curl_multi_poll(pool->multi, pool->waited, (unsigned)count, timeout_ms, NULL);
}

void http_pool_poll(struct http_pool *pool, struct pollfd *polled, size_t count, int timeout_ms)
{
    if (pool->connecting > 0) {
        wait_with_libcurl(pool, polled, count, timeout_ms);
        timeout_ms = 0;
    }
    if (poll(polled, count, timeout_ms) >= 0)
        return;
    for (size_t i = 0; i < count; i++)
        polled[i].revents = 0;
}

// One that is made is taken over before libcurl looks for others that it may close.
static const CURLMsg *next_message(CURLM *multi)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    if (message)
        return message;
    curl_multi_perform(multi, &left);
    return curl_multi_info_read(multi, &left);
}

struct http_connection *http_pool_next_started(struct http_pool *pool, struct err *err)
{
    const CURLMsg *message = pool->connecting > 0 ? next_message(pool->multi) : NULL;
    if (!message)
        return NULL;
    struct http_connection *connection;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &connection);
    pool->connecting--;
    http_connection_started(connection, message->data.result, err);
    return connection;
}
