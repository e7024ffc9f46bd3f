// sleeper - a waiter for those who take their steps one after the other: it hears signals.
#ifndef PGK_APP_SLEEPER_H
#define PGK_APP_SLEEPER_H

#include "base/wait.h"

struct sink;

struct sleeper {
    struct waiter base;
    struct sink *sink; // Sleeps in its wait(), so that requests go on; NULL: in poll().
    bool to_the_end;   // Signals do not interrupt: we are leaving already.
};

struct sleeper sleeper_of(struct sink *sink);

// For the leave that is taken last, when nobody asks any more what became of requests: one that
// comes back must not end the sleep, over and over.
struct sleeper sleeper_to_the_end(void);

#endif
