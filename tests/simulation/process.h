// process - the program under test, from start to start: what a supervisor does, and the judge of
// each of its turns.
#ifndef PGK_SIMULATION_PROCESS_H
#define PGK_SIMULATION_PROCESS_H

// Plays the world's scenario to its end; does not return when a promise is broken.
void process_play(void);

#endif
