// stream - the shards of the simulated service: where records go, how fast each shard takes them,
// and how they are numbered.
//
// A record's place is told by its hash key, of which the first 64 bits are enough here.
#ifndef PGK_SIMULATION_STREAM_H
#define PGK_SIMULATION_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard {
    uint32_t id;
    uint64_t first; // The hash keys that belong to it.
    uint64_t last;
    bool is_busy;  // Others write to it, too: only then it throttles.
    double tokens; // Records that it takes now.
    int64_t filled_ms;
    int64_t closed_until_ms;
};

void stream_begin(void);

// The one that is open for the hash key.
struct shard *stream_shard(uint64_t hash);

// False when the shard is over its rate.
bool stream_takes(struct shard *shard);

// The next sequence number. Between it and the one before there is room for NUMBERS_BETWEEN others.
enum {
    NUMBERS_BETWEEN = 999
};
uint64_t stream_number(void);

// At that time it tells the program that the shard is over its rate, which that remembers.
void stream_note_throttled(uint32_t id, int64_t at_ms);

// The last time; long ago when there is none.
int64_t stream_throttled_ms(uint32_t id);

// Misfortunes.
void stream_reshard(void);
void stream_renew(void);
void stream_close_a_shard(int64_t duration_ms);

#endif
