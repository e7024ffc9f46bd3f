#include "app/signals.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int pipe_fds[2];
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    if (asked)
        _exit(128 + number);
    asked = 1;
    ssize_t written = write(pipe_fds[1], "", 1);
    (void)written;
}

void signals_open(void)
{
    int failed = pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK);
    assert(!failed);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

int signals_fd(void)
{
    return pipe_fds[0];
}

bool signals_ask_to_leave(void)
{
    return asked;
}
