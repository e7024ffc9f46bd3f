// wait - what a sleeper listens to, and the one who sleeps.
//
// The program sleeps in one place. Whoever must wait says for what (struct wait_fd) and until when;
// whoever sleeps returns when any of it came true, when the time is over, or for no reason at all:
// a return means "look around".
#ifndef PGK_BASE_WAIT_H
#define PGK_BASE_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wait_fd {
    int fd; // Below 0: ignored.
    bool read;
    bool write;
    bool ready; // Set by wait_poll() alone: any of what was asked for, a hang-up or an error.
};

enum {
    WAIT_FDS_MAX = 8
};

// A way to sleep that hears signals too. Returns false when the program was told to leave and the
// wait should be given up.
struct waiter {
    bool (*sleep_until)(
        struct waiter *waiter, struct wait_fd *fds, size_t count, int64_t deadline_ms);
};

// Sleep by poll(). False when it failed for another reason than a signal.
bool wait_poll(struct wait_fd *fds, size_t count, int timeout_ms);

#endif
