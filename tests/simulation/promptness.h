// promptness - judges that nothing waits without a reason: a record goes out at the very moment
// when the program has it, its lane is free, the sink has room and its shard has not throttled of
// late; or DELIVERY_FILL_MS after the request before it, which had no room for it.
//
// What holds one shard back must not hold back others, be it a rate, a retry or a full request.
#ifndef PGK_SIMULATION_PROMPTNESS_H
#define PGK_SIMULATION_PROMPTNESS_H

#include <stddef.h>
#include <stdint.h>

struct request;
struct shard;

// A new process.
void promptness_begin(void);

// The program took the message of these changes: so it is done with the one before.
void promptness_note_taken(size_t change, size_t count);

// A request is sent, or its outcome was taken.
void promptness_judge(const struct request *request);
void promptness_note_returned(const struct request *request);

// The sink has room again.
void promptness_note_room(void);

#endif
