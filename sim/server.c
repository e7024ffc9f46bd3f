#include "sim/server.h"

#include "base/clock.h"
#include "sim/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static bool listen_on(struct server *server, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof address;
    const int on = 1;
    if (setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(server->fd, (struct sockaddr *)&address, len) != 0 || listen(server->fd, 128) != 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &len) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return true;
}

bool server_open(struct server *server, uint16_t port, const struct tls *tls, struct err *err)
{
    *server = (struct server){.port = port, .tls = tls};
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd >= 0 && listen_on(server, port))
        return true;
    err_set(err, ERR_OPERATOR, "cannot listen on 127.0.0.1:%u: %s", port, strerror(errno));
    if (server->fd >= 0)
        close(server->fd);
    return false;
}

void server_close(struct server *server)
{
    for (size_t i = 0; i < server->connections_count; i++)
        connection_free(server->connections[i]);
    close(server->fd);
}

static void accept_one(struct server *server)
{
    int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return; // The peer has left again, or descriptors are short: the next turn tries again.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->connections[server->connections_count++] = connection_new(fd, server->tls);
}

static void forget_done(struct server *server)
{
    size_t kept = 0;
    for (size_t i = 0; i < server->connections_count; i++) {
        struct connection *connection = server->connections[i];
        if (connection->state == CONNECTION_DONE)
            connection_free(connection);
        else
            server->connections[kept++] = connection;
    }
    server->connections_count = kept;
}

static bool is_full(const struct server *server)
{
    return server->connections_count == SERVER_CONNECTIONS_MAX;
}

// Fills in what to sleep on, the listener last; returns when to wake at the latest.
static int64_t gather(const struct server *server, struct pollfd *fds)
{
    int64_t deadline_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < server->connections_count; i++) {
        const struct connection *connection = server->connections[i];
        fds[i] =
            (struct pollfd){.fd = connection->channel.fd, .events = connection_events(connection)};
        int64_t at_ms = connection_deadline_ms(connection);
        deadline_ms = at_ms < deadline_ms ? at_ms : deadline_ms;
    }
    // A negative descriptor is passed over: a full house lets new guests wait in the backlog.
    const int listener = is_full(server) ? -1 : server->fd;
    fds[server->connections_count] = (struct pollfd){.fd = listener, .events = POLLIN};
    return deadline_ms;
}

static int sleep_on(
    struct pollfd *fds, size_t count, int64_t deadline_ms, const sigset_t *while_asleep)
{
    int timeout_ms = clock_timeout_ms(clock_now_ms(), deadline_ms);
    struct timespec timeout = {
        .tv_sec = timeout_ms / 1000,
        .tv_nsec = timeout_ms % 1000 * 1000000L,
    };
    return ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, while_asleep);
}

void server_run(struct server *server, struct service *service, const sigset_t *while_asleep,
    const volatile sig_atomic_t *stop)
{
    struct pollfd fds[SERVER_CONNECTIONS_MAX + 1];
    while (!*stop) {
        const int64_t deadline_ms = gather(server, fds);
        const size_t count = server->connections_count;
        if (sleep_on(fds, count + 1, deadline_ms, while_asleep) < 0)
            continue; // A signal.
        const int64_t now_ms = clock_now_ms();
        for (size_t i = 0; i < count; i++)
            connection_advance(server->connections[i], fds[i].revents, service, now_ms);
        if (fds[count].revents & POLLIN)
            accept_one(server);
        forget_done(server);
    }
}
