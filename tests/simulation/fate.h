// fate - when which misfortune comes. For a while; then it is calm, and what is left must end.
#ifndef PGK_SIMULATION_FATE_H
#define PGK_SIMULATION_FATE_H

#include <stdbool.h>
#include <stdint.h>

void fate_begin(void);
void fate_act(void);
int64_t fate_next_ms(void);

// The process was killed; asked once, it forgets.
bool fate_takes_the_process(void);

// A number below, for what happens to processes.
int64_t fate_roll(int64_t below);

#endif
