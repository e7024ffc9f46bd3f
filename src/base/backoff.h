// backoff - how long to wait before trying again: full jitter under a doubling ceiling.
//
// https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
#ifndef PGK_BASE_BACKOFF_H
#define PGK_BASE_BACKOFF_H

#include <stdint.h>

struct random;

struct backoff {
    int64_t first_ms; // The ceiling of the first wait; doubles with each attempt.
    int64_t most_ms;  // No ceiling is higher.
};

// The wait before attempt number `attempt` is repeated; attempts count from 1. At least 1 ms.
int64_t backoff_wait_ms(struct backoff backoff, unsigned attempt, struct random *random);

#endif
