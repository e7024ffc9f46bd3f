#include "postgres/receive_window.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
    // What it begins with (net.ipv4.tcp_rmem: 128 KiB); Linux doubles what it is told. Less stalls:
    // a segment on the loopback holds 64 KiB, and for less room than that none is asked for.
    BUFFER_BYTES = 64 << 10
};

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_storage room;
};

static bool is_same_host(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->ip4.sin_addr.s_addr == b->ip4.sin_addr.s_addr;
    return a->any.sa_family == AF_INET6 &&
           memcmp(&a->ip6.sin6_addr, &b->ip6.sin6_addr, sizeof a->ip6.sin6_addr) == 0;
}

static bool is_on_this_host(int fd)
{
    union address here = {0};
    union address there = {0};
    socklen_t here_bytes = sizeof here;
    socklen_t there_bytes = sizeof there;
    return getsockname(fd, &here.any, &here_bytes) == 0 &&
           getpeername(fd, &there.any, &there_bytes) == 0 && is_same_host(&here, &there);
}

bool receive_window_hold(int fd)
{
    int bytes = BUFFER_BYTES;
    return is_on_this_host(fd) && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0;
}
