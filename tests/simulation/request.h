// request - what becomes of a request of the program is decided when it is sent.
#ifndef PGK_SIMULATION_REQUEST_H
#define PGK_SIMULATION_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;

struct request {
    struct batch *batch; // NULL: there is none.
    struct sent *sent;   // All records, entry by entry; its own.
    size_t sent_count;
    uint64_t number;
    int64_t done_ms;
};

void requests_begin(void);

// A new process, of which the service knows nothing.
void requests_forget_answers(void);

// A request that comes now; it takes the batch.
struct request request_of(struct batch *batch);

// Gives the batch back.
struct batch *request_release(struct request *request);

// When the shard throttled last of which the program thinks that it is the lane's.
int64_t request_throttled_ms(uint32_t lane);

// Misfortunes.
void requests_stall(int64_t duration_ms);
void requests_refuse(int64_t duration_ms);

#endif
