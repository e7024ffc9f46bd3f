// memory - what the program's records take, counted where it is taken: base/pool.h, by which they
// get all of it. Linked in the place of base/pool.c.
#ifndef PGK_SIMULATION_MEMORY_H
#define PGK_SIMULATION_MEMORY_H

#include <stddef.h>

// Of all pieces that were taken and not given back.
size_t memory_taken_bytes(void);

#endif
