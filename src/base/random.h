// random - numbers to spread load by, not to keep secrets with; the same seed, the same numbers.
#ifndef PGK_BASE_RANDOM_H
#define PGK_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_from(uint64_t seed);

// From 0 to below `below`, which is not 0.
uint64_t random_below(struct random *random, uint64_t below);

#endif
