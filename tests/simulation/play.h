// play - scenarios, one or many, in this process or in one that may die of them.
#ifndef PGK_SIMULATION_PLAY_H
#define PGK_SIMULATION_PLAY_H

#include "scenario.h"

#include <stdbool.h>
#include <stdint.h>

struct failure {
    enum plugin plugin; // That was asked for; AUTO: as the seed draws it.
    uint64_t seed;
    int status; // As wait() tells it.
};

// Plays it here; ends the process when a promise is broken.
void play(const struct scenario *scenario, bool trace);

// Plays it in a child, which says nothing unless `aloud`; returns its status, 0 when all is well.
int play_apart(const struct scenario *scenario, bool aloud);

// Plays all seeds in a child, by failure->plugin; true, with the rest of the failure, when one of
// them breaks a promise.
bool play_range(uint64_t from, uint64_t count, struct failure *failure);

#endif
