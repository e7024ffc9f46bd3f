// shrink - finds a small part of a scenario that breaks the same promise, and prints how to replay
// it: first misfortunes are taken away, then transactions, tables and changes.
#ifndef PGK_SIMULATION_SHRINK_H
#define PGK_SIMULATION_SHRINK_H

struct failure;

void shrink(const struct failure *failure);

#endif
