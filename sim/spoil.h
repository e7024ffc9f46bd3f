// spoil - what a rule makes of a request that it strikes: another answer, or another fate.
#ifndef SIM_SPOIL_H
#define SIM_SPOIL_H

#include <stdbool.h>
#include <stddef.h>

struct refusal;
struct reply;
struct strike;

// Whether the request is done at all.
bool spoil_lets_run(const struct strike *strike);

// Refuses what the strike refuses, and says whether it does not.
bool spoil_lets_pass(const struct strike *strike, struct refusal *refusal);

// How many results the reply tells of so many records.
size_t spoil_results(const struct strike *strike, size_t records_count);

// Does to the reply, which is complete, what the strike does to replies.
void spoil_reply(const struct strike *strike, struct reply *reply);

#endif
