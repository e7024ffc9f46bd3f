#include "cmocka_prelude.h"

#include "postgres/receive_window.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    int listener;
    int reader;
    int sender;
};

static struct sockaddr_in loopback(uint8_t last)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last),
    };
}

// A connection from 127.0.0.1 to 127.0.0.<last>.
static struct pair connect_to(uint8_t last)
{
    struct pair pair = {.listener = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = loopback(last);
    struct sockaddr_in here = loopback(1);
    socklen_t bytes = sizeof address;
    assert_int_equal(bind(pair.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(pair.listener, 1), 0);
    assert_int_equal(getsockname(pair.listener, (struct sockaddr *)&address, &bytes), 0);
    pair.reader = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(pair.reader, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(connect(pair.reader, (struct sockaddr *)&address, sizeof address), 0);
    pair.sender = accept(pair.listener, NULL, NULL);
    assert_true(pair.sender >= 0);
    return pair;
}

static void end(struct pair *pair)
{
    close(pair->sender);
    close(pair->reader);
    close(pair->listener);
}

// What the sender is rid of while nobody reads, when it can keep but little of it itself.
static size_t taken_ahead(const struct pair *pair)
{
    static const char zeros[1 << 16];
    int little = 1;
    setsockopt(pair->sender, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    size_t sent = 0;
    for (ssize_t now; (now = send(pair->sender, zeros, sizeof zeros, MSG_DONTWAIT)) > 0;)
        sent += (size_t)now;
    return sent;
}

static size_t read_all(const struct pair *pair, size_t bytes)
{
    static char into[1 << 16];
    size_t taken = 0;
    while (taken < bytes) {
        ssize_t now = recv(pair->reader, into, sizeof into, 0);
        assert_true(now > 0);
        taken += (size_t)now;
    }
    return taken;
}

static void a_peer_on_this_host_gets_no_further_ahead(void **state)
{
    (void)state;
    struct pair pair = connect_to(1);

    assert_true(receive_window_hold(pair.reader));

    for (int i = 0; i < 20; i++) {
        size_t ahead = taken_ahead(&pair);
        assert_true(ahead < 256 << 10);
        read_all(&pair, ahead);
    }
    end(&pair);
}

static void a_peer_on_another_host_is_left_alone(void **state)
{
    (void)state;
    struct pair pair = connect_to(2);
    int before = 0;
    int after = 0;
    socklen_t bytes = sizeof before;
    getsockopt(pair.reader, SOL_SOCKET, SO_RCVBUF, &before, &bytes);

    assert_false(receive_window_hold(pair.reader));

    getsockopt(pair.reader, SOL_SOCKET, SO_RCVBUF, &after, &bytes);
    assert_int_equal(after, before);
    end(&pair);
}

static void a_unix_socket_has_no_window(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_false(receive_window_hold(fds[0]));
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_on_this_host_gets_no_further_ahead),
        cmocka_unit_test(a_peer_on_another_host_is_left_alone),
        cmocka_unit_test(a_unix_socket_has_no_window),
    };
    return cmocka_run_group_tests_name("receive_window", tests, NULL, NULL);
}
