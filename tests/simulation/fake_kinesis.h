// fake_kinesis - a sink that stores, refuses, loses and delays by chance, as Kinesis may.
#ifndef PGK_SIMULATION_FAKE_KINESIS_H
#define PGK_SIMULATION_FAKE_KINESIS_H

#include <stdbool.h>
#include <stdint.h>

struct sink;

void fake_kinesis_begin(void);
void fake_kinesis_release(void);

// A new process' sink.
struct sink *fake_kinesis_open(void);

void fake_kinesis_act(void);
int64_t fake_kinesis_next_ms(void);

// The program has an outcome to take.
bool fake_kinesis_is_done(void);

#endif
