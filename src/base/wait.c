#include "base/wait.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

bool wait_poll(struct wait_fd *fds, size_t count, int timeout_ms)
{
    assert(count <= WAIT_FDS_MAX);
    struct pollfd polled[WAIT_FDS_MAX];
    for (size_t i = 0; i < count; i++) {
        int events = (fds[i].read ? POLLIN : 0) | (fds[i].write ? POLLOUT : 0);
        polled[i] = (struct pollfd){.fd = fds[i].fd, .events = (short)events};
    }
    bool ok = poll(polled, count, timeout_ms) >= 0 || errno == EINTR;
    for (size_t i = 0; i < count; i++)
        fds[i].ready = ok && polled[i].revents != 0;
    return ok;
}
