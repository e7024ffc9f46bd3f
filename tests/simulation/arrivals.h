// arrivals - records on their way to be stored. They arrive on their own: the program may have
// given up their request by then, or be dead.
#ifndef PGK_SIMULATION_ARRIVALS_H
#define PGK_SIMULATION_ARRIVALS_H

#include "oracle.h"

#include <stddef.h>
#include <stdint.h>

// The records of one entry of a request.
struct arrival {
    uint64_t request;
    int64_t at_ms;
    enum storing storing;
    struct sent *sent; // Its own.
    size_t count;
};

void arrivals_begin(void);
void arrivals_release(void);

// Takes the arrival.
void arrivals_add(struct arrival arrival);

// The process is gone, whether its request had left or not.
void arrivals_leave(uint64_t request);
void arrivals_drop(uint64_t request);

void arrivals_act(void);
int64_t arrivals_next_ms(void);

#endif
