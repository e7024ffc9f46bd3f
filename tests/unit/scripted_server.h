// scripted_server - a PostgreSQL that says what the test tells it to, and nothing else.
#ifndef PGK_UNIT_SCRIPTED_SERVER_H
#define PGK_UNIT_SCRIPTED_SERVER_H

#include "cmocka_prelude.h"
#include "postgres/conn.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BLOCKED_AFTER_S = 5, // A step that takes so long will not return.
    QUIET_AFTER_MS = 20
};

#define AUTHENTICATED    STR("R\0\0\0\x08\0\0\0\0")
#define COMMAND_COMPLETE STR("C\0\0\0\x08SET\0")
#define READY_FOR_QUERY  STR("Z\0\0\0\x05I")

struct server {
    int listener;
    int fd;
    char source[128];
};

static inline struct server server_listening(int backlog)
{
    struct server server = {.fd = -1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server.listener, backlog), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
    snprintf(server.source, sizeof server.source,
        "host=127.0.0.1 port=%d user=u dbname=d sslmode=disable gssencmode=disable",
        ntohs(address.sin_port));
    return server;
}

// The first byte tells which message it is, once the connection stands.
static inline char hear(const struct server *server)
{
    char bytes[8192];
    assert_true(recv(server->fd, bytes, sizeof bytes, 0) > 0);
    return bytes[0];
}

static inline void say(const struct server *server, struct str bytes)
{
    assert_int_equal(send(server->fd, bytes.ptr, bytes.len, 0), bytes.len);
}

static inline struct conn *start(const struct server *server)
{
    alarm(BLOCKED_AFTER_S);
    struct err err;
    struct conn *conn = conn_start(server->source, CONN_SQL, &err);
    assert_non_null(conn);
    return conn;
}

// Steps as long as there is something to step for.
static inline enum step connect_on(struct conn *conn)
{
    enum step step = STEP_BUSY;
    struct wait_fd fd = conn_wait_fd(conn);
    while (step == STEP_BUSY && wait_poll(&fd, 1, QUIET_AFTER_MS) && fd.ready) {
        struct err err;
        step = conn_connect_step(conn, 1, &err);
        fd = conn_wait_fd(conn);
    }
    return step;
}

static inline void take_in(struct server *server)
{
    server->fd = accept(server->listener, NULL, NULL);
    assert_true(server->fd >= 0);
    setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static inline struct conn *connected(struct server *server)
{
    struct conn *conn = start(server);
    assert_int_equal(connect_on(conn), STEP_BUSY);
    take_in(server);
    hear(server);
    say(server, AUTHENTICATED);
    say(server, READY_FOR_QUERY);
    assert_int_equal(connect_on(conn), STEP_BUSY);
    hear(server);
    say(server, COMMAND_COMPLETE);
    say(server, READY_FOR_QUERY);
    assert_int_equal(connect_on(conn), STEP_DONE);
    return conn;
}

static inline void end(struct conn *conn, struct server *server)
{
    alarm(0);
    conn_free(conn);
    close(server->fd);
    close(server->listener);
}

#endif
