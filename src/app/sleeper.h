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
struct sleeper sleeper_to_the_end(struct sink *sink);

#endif
