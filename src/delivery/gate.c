#include "delivery/gate.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "delivery/entry.h"
#include "delivery/lane.h"
#include "delivery/rate.h"
#include "model/placement.h"
#include "model/record.h"

#include <assert.h>
#include <stdlib.h>

struct gate {
    uint32_t shard;
    struct rate rate;
    struct lane_queue waiting;
};

enum {
    OPEN_EVERY_MS = 10,
    CAPACITY_FIRST = 16
};

void gates_init(struct gates *gates)
{
    *gates = (struct gates){.slots = alloc_zeroed(GATE_SLOTS, sizeof *gates->slots)};
}

void gates_release(struct gates *gates)
{
    free(gates->gates);
    free(gates->slots);
}

static struct gate *find(const struct gates *gates, uint32_t shard)
{
    if (gates->count == 0 || shard == SHARD_UNKNOWN)
        return NULL;
    uint16_t place = gates->slots[shard % GATE_SLOTS];
    bool is_its = place > 0 && gates->gates[place - 1].shard == shard;
    return is_its ? &gates->gates[place - 1] : NULL;
}

static void build(struct gates *gates, uint32_t shard, int64_t now_ms)
{
    uint16_t *slot = &gates->slots[shard % GATE_SLOTS];
    if (*slot > 0 || gates->count == GATES_MAX)
        return;
    if (gates->count == gates->capacity) {
        gates->capacity = gates->capacity > 0 ? 2 * gates->capacity : CAPACITY_FIRST;
        gates->gates = alloc_resize(gates->gates, gates->capacity * sizeof *gates->gates);
    }
    struct gate *gate = &gates->gates[gates->count++];
    *gate = (struct gate){.shard = shard};
    rate_begin(&gate->rate, now_ms);
    *slot = (uint16_t)gates->count;
}

static void tear_down(struct gates *gates, size_t at)
{
    gates->slots[gates->gates[at].shard % GATE_SLOTS] = 0;
    gates->gates[at] = gates->gates[--gates->count];
    if (at < gates->count)
        gates->slots[gates->gates[at].shard % GATE_SLOTS] = (uint16_t)(at + 1);
}

bool gates_let_pass(struct gates *gates, struct lanes *lanes, size_t bytes, int64_t now_ms)
{
    if (gates->count == 0)
        return true; // As nearly always; to ask for the lane's shard is to wait for memory.
    const struct record *record = lanes_peek(lanes);
    struct gate *gate = find(gates, lanes_shard(lanes, record->lane));
    if (!gate || lanes_is_admitted(lanes, record->lane))
        return true;
    if (gate->waiting.count > 0 || !rate_allows(&gate->rate, now_ms)) {
        lanes_park(lanes, &gate->waiting);
        return false;
    }
    rate_spend(&gate->rate, bytes);
    return true;
}

// What the lane would send now. What joins it until it does send is not paid for: the rate is one
// that was learned while that was so.
static size_t entry_bytes(const struct lanes *lanes, const struct record *first)
{
    const struct entry_limits limits = {
        .bytes_max = lanes->entry_bytes_max,
        .records_max = SIZE_MAX,
    };
    return entry_from(first, limits).bytes;
}

static void let_in(struct gate *gate, struct lanes *lanes, int64_t now_ms)
{
    bool is_over = rate_is_over(&gate->rate, now_ms);
    while (gate->waiting.count > 0 && (is_over || rate_allows(&gate->rate, now_ms)))
        rate_spend(&gate->rate, entry_bytes(lanes, lanes_admit(lanes, &gate->waiting)));
}

void gates_open(struct gates *gates, struct lanes *lanes, int64_t now_ms)
{
    if (gates->count == 0 || now_ms / OPEN_EVERY_MS == gates->opened_ms / OPEN_EVERY_MS)
        return;
    gates->opened_ms = now_ms;
    for (size_t i = gates->count; i-- > 0;) {
        struct gate *gate = &gates->gates[i];
        let_in(gate, lanes, now_ms);
        if (rate_is_over(&gate->rate, now_ms))
            tear_down(gates, i);
    }
}

static int64_t rounded_up(int64_t at_ms)
{
    return (at_ms + OPEN_EVERY_MS - 1) / OPEN_EVERY_MS * OPEN_EVERY_MS;
}

int64_t gates_open_at_ms(const struct gates *gates)
{
    int64_t at_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < gates->count; i++) {
        const struct gate *gate = &gates->gates[i];
        int64_t gate_ms = rate_allows_at_ms(&gate->rate);
        if (gate->waiting.count > 0 && gate_ms < at_ms)
            at_ms = gate_ms;
    }
    return at_ms < CLOCK_NEVER_MS ? rounded_up(at_ms) : CLOCK_NEVER_MS;
}

void gates_stored(struct gates *gates, struct gate_answer answer, int64_t now_ms)
{
    struct gate *gate = find(gates, answer.shard);
    if (gate)
        rate_stored(&gate->rate, answer.sent_ms, now_ms);
}

void gates_throttled(struct gates *gates, struct gate_answer answer, int64_t now_ms)
{
    assert(answer.shard != SHARD_UNKNOWN);
    struct gate *gate = find(gates, answer.shard);
    if (gate)
        rate_throttled(&gate->rate, answer.sent_ms, now_ms);
    else
        build(gates, answer.shard, now_ms);
}

void gates_clear(struct gates *gates)
{
    for (size_t i = 0; i < gates->count; i++)
        gates->gates[i].waiting = (struct lane_queue){.count = 0};
}
