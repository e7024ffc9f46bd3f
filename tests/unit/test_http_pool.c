#include "cmocka_prelude.h"

#include "kinesis/http_pool.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 3,
    SERVED_WITHIN_S = 10 // A test that takes so long will not end.
};

static int listener;
static char url[64];
static struct http_pool pool;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    alarm(SERVED_WITHIN_S);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, CONNECTIONS), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    assert_true(http_pool_init(&pool, &(struct http_peer){.url = url}, CONNECTIONS, CONNECTIONS));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_pool_release(&pool);
    close(listener);
    alarm(0);
    return 0;
}

// Waits until the next one is over with connecting.
static struct http_connection *next_started(void)
{
    struct http_connection *connection;
    while (!(connection = http_pool_next_started(&pool, &err)))
        http_pool_poll(&pool, NULL, 0, 1000);
    return connection;
}

static struct http_connection *take_new(int64_t now_ms)
{
    struct http_connection *connection = http_pool_take(&pool, NULL, now_ms);
    assert_int_equal(connection->state, HTTP_CONNECTING);
    assert_ptr_equal(next_started(), connection);
    assert_int_equal(connection->state, HTTP_OPEN);
    return connection;
}

// Until the connection's end of the wire has got what the server's did.
static void wait_until_told(const struct http_connection *connection)
{
    struct pollfd polled = {.fd = connection->fd, .events = POLLIN};
    while (polled.revents == 0)
        http_pool_poll(&pool, &polled, 1, 1000);
}

static void one_that_is_kept_is_used_again(void **state)
{
    (void)state;
    int user;
    struct http_connection *connection = take_new(0);
    http_pool_keep(&pool, connection, 0);
    assert_ptr_equal(http_pool_take(&pool, &user, 1), connection);
    assert_int_equal(connection->state, HTTP_OPEN);
    assert_ptr_equal(connection->user, &user);
}

static void the_one_used_last_is_used_next(void **state)
{
    (void)state;
    struct http_connection *first = take_new(0);
    struct http_connection *second = take_new(0);
    http_pool_keep(&pool, second, 1);
    http_pool_keep(&pool, first, 2);
    assert_ptr_equal(http_pool_take(&pool, NULL, 3), first);
    assert_ptr_equal(http_pool_take(&pool, NULL, 3), second);
}

static void one_left_alone_for_long_is_closed(void **state)
{
    (void)state;
    struct http_connection *first = take_new(0);
    struct http_connection *second = take_new(0);
    http_pool_keep(&pool, first, 1000);
    http_pool_keep(&pool, second, 2000);
    assert_ptr_equal(http_pool_take(&pool, NULL, 26000), second);
    assert_int_equal(second->state, HTTP_OPEN);
    assert_int_equal(first->state, HTTP_CLOSED);
}

static void one_that_the_peer_closed_is_not_used(void **state)
{
    (void)state;
    struct http_connection *connection = take_new(0);
    http_pool_keep(&pool, connection, 0);
    close(accept(listener, NULL, NULL));
    wait_until_told(connection);
    assert_int_equal(http_pool_take(&pool, NULL, 1)->state, HTTP_CONNECTING);
}

static void one_that_says_what_nobody_asked_is_not_used(void **state)
{
    (void)state;
    struct http_connection *connection = take_new(0);
    http_pool_keep(&pool, connection, 0);
    int fd = accept(listener, NULL, NULL);
    assert_int_equal(send(fd, "HTTP/1.1 408 ", 13, 0), 13);
    wait_until_told(connection);
    assert_int_equal(http_pool_take(&pool, NULL, 1)->state, HTTP_CONNECTING);
    close(fd);
}

static void one_that_is_out_is_left_alone_while_others_are_made(void **state)
{
    (void)state;
    struct http_connection *out = take_new(0);
    int fd = accept(listener, NULL, NULL);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    wait_until_told(out);
    take_new(0);
    take_new(0);

    char byte;
    size_t received;
    assert_int_equal(http_connection_receive(out, &byte, 1, &received, &err), HTTP_MOVED_SOME);
    assert_int_equal(received, 1);
    close(fd);
}

static void one_that_cannot_be_made_tells_why(void **state)
{
    (void)state;
    close(listener);
    struct http_connection *connection = http_pool_take(&pool, NULL, 0);
    assert_ptr_equal(next_started(), connection);
    assert_int_equal(connection->state, HTTP_CLOSED);
    assert_int_equal(err.kind, ERR_RETRY);
    assert_non_null(strstr(err.text, "hint: check the region, the endpoint URL"));
    http_pool_drop(&pool, connection);
    assert_ptr_equal(http_pool_take(&pool, NULL, 0), connection);
}

// libcurl closes one that is dead before anything passed over it, and says that all is well.
static void one_that_ended_as_it_was_made_tells_so(void **state)
{
    (void)state;
    struct http_connection *connection = http_pool_take(&pool, NULL, 0);
    http_connection_started(connection, CURLE_OK, &err);
    assert_int_equal(connection->state, HTTP_CLOSED);
    assert_int_equal(err.kind, ERR_RETRY);
    assert_string_equal(err.text, "the connection ended as soon as it was made");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(one_that_is_kept_is_used_again),
        FACT(the_one_used_last_is_used_next),
        FACT(one_left_alone_for_long_is_closed),
        FACT(one_that_the_peer_closed_is_not_used),
        FACT(one_that_says_what_nobody_asked_is_not_used),
        FACT(one_that_is_out_is_left_alone_while_others_are_made),
        FACT(one_that_cannot_be_made_tells_why),
        FACT(one_that_ended_as_it_was_made_tells_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
