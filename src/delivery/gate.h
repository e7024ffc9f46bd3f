// gate - where the lanes of a shard that throttles wait for its rate, and no others.
//
// A shard has a gate from its first throttle on, until it has not throttled for a minute. A lane
// that is about to send passes it when there are tokens and nobody waits before it; else it waits
// there, in order. Gates are opened every 10 ms: were it oftener, each request would carry next to
// nothing.
//
// Memory: GATES_MAX gates. Shards whose numbers are equal modulo GATE_SLOTS share a place, the
// first has it; a shard that gets no gate is held back by its lanes' retries alone.
#ifndef PGK_DELIVERY_GATE_H
#define PGK_DELIVERY_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanes;

enum {
    GATES_MAX = 4096,
    GATE_SLOTS = 8192
};

struct gates {
    struct gate *gates;
    size_t count;
    size_t capacity;
    uint16_t *slots;   // By shard, modulo: one more than the gate's index; 0: no gate.
    int64_t opened_ms; // The last time.
};

void gates_init(struct gates *gates);
void gates_release(struct gates *gates);

// The lane that has been ready longest may send so many bytes, and pays for them; or waits from now
// on, and false.
bool gates_let_pass(struct gates *gates, struct lanes *lanes, size_t bytes, int64_t now_ms);

// Lanes whose shards have tokens again are ready.
void gates_open(struct gates *gates, struct lanes *lanes, int64_t now_ms);

// When gates_open() is worth the while; CLOCK_NEVER_MS when no lane waits.
int64_t gates_open_at_ms(const struct gates *gates);

// What became of a record that was sent to the shard at that time.
struct gate_answer {
    uint32_t shard;
    int64_t sent_ms;
};
void gates_stored(struct gates *gates, struct gate_answer answer, int64_t now_ms);
void gates_throttled(struct gates *gates, struct gate_answer answer, int64_t now_ms);

// No lane waits any more: they were cleared. What is known of shards stays.
void gates_clear(struct gates *gates);

#endif
