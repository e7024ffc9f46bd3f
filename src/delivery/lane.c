#include "delivery/lane.h"

#include "base/alloc.h"
#include "base/cache.h"
#include "base/clock.h"
#include "model/placement.h"
#include "model/record.h"

#include <assert.h>
#include <stdlib.h>

enum lane_state {
    LANE_IDLE,
    LANE_READY,
    LANE_PARKED,
    LANE_ADMITTED, // Ready as well.
    LANE_IN_FLIGHT,
    LANE_WAITING
};

// A line of the cache: each record comes by to join its lane, to be taken, and to be settled.
struct lane {
    struct record *head;
    struct record *tail;
    int64_t retry_at_ms; // Of WAITING; of IN_FLIGHT: not 0 when some of it failed.
    uint32_t in_flight;
    enum lane_state state;
    struct placement last; // Of what was stored last.
};
static_assert(sizeof(struct lane) <= CACHE_LINE_BYTES, "a lane lies in two lines");

void lanes_init(struct lanes *lanes, unsigned bits)
{
    assert(bits <= LANE_BITS_MAX);
    size_t count = (size_t)1 << bits;
    *lanes = (struct lanes){
        .lanes = alloc_zeroed_lines(count, sizeof *lanes->lanes),
        .count = count,
        .ready = alloc_bytes(count * sizeof *lanes->ready),
        .waiting = alloc_bytes(count * sizeof *lanes->waiting),
        .next_parked = alloc_bytes(count * sizeof *lanes->next_parked),
    };
    for (size_t i = 0; i < count; i++)
        lanes->lanes[i].last = placement_unknown();
}

// The place in the ring of ready lanes, whose size is a power of two: a division would take longer
// than all that is done there.
static size_t ring_place(const struct lanes *lanes, size_t distance)
{
    return (lanes->ready_at + distance) & (lanes->count - 1);
}

static void make_ready_as(struct lanes *lanes, uint32_t number, enum lane_state state)
{
    assert(lanes->ready_count < lanes->count);
    lanes->lanes[number].state = state;
    lanes->ready[ring_place(lanes, lanes->ready_count++)] = number;
}

static void make_ready(struct lanes *lanes, uint32_t number)
{
    make_ready_as(lanes, number, LANE_READY);
}

static void note_held(struct lanes *lanes, const struct record *record)
{
    lanes->queued++;
    lanes->queued_bytes += record_request_bytes(record);
}

void lanes_push(struct lanes *lanes, struct record *record)
{
    assert(record->lane < lanes->count);
    struct lane *lane = &lanes->lanes[record->lane];
    record->next = NULL;
    if (lane->tail)
        lane->tail->next = record;
    else
        lane->head = record;
    lane->tail = record;
    note_held(lanes, record);
    if (lane->state == LANE_IDLE)
        make_ready(lanes, record->lane);
}

// The oldest records, chained.
static struct record *pop_chain(struct lanes *lanes, struct lane *lane, size_t count)
{
    struct record *first = lane->head;
    struct record *last = first;
    lanes->queued_bytes -= record_request_bytes(first);
    for (size_t i = 1; i < count; i++) {
        last = last->next;
        lanes->queued_bytes -= record_request_bytes(last);
    }
    lane->head = last->next;
    if (!lane->head)
        lane->tail = NULL;
    last->next = NULL;
    lanes->queued -= count;
    return first;
}

static struct record *pop(struct lanes *lanes, struct lane *lane)
{
    return pop_chain(lanes, lane, 1);
}

static void free_held(struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++)
        while (lanes->lanes[i].head)
            record_free(pop(lanes, &lanes->lanes[i]));
    assert(lanes->queued == 0 && lanes->queued_bytes == 0);
}

void lanes_release(struct lanes *lanes)
{
    free_held(lanes);
    free(lanes->lanes);
    free(lanes->ready);
    free(lanes->waiting);
    free(lanes->next_parked);
}

const struct record *lanes_peek(const struct lanes *lanes)
{
    return lanes->ready_count > 0 ? lanes->lanes[lanes->ready[lanes->ready_at]].head : NULL;
}

static struct lane *pop_ready(struct lanes *lanes)
{
    assert(lanes->ready_count > 0);
    struct lane *lane = &lanes->lanes[lanes->ready[lanes->ready_at]];
    assert(lane->state == LANE_READY || lane->state == LANE_ADMITTED);
    lanes->ready_at = ring_place(lanes, 1);
    lanes->ready_count--;
    return lane;
}

struct record *lanes_take(struct lanes *lanes, size_t count)
{
    assert(count > 0);
    struct lane *lane = pop_ready(lanes);
    assert(lane->in_flight == 0);
    lane->state = LANE_IN_FLIGHT;
    lane->retry_at_ms = 0;
    lane->in_flight = 1;
    lanes->in_flight++;
    return pop_chain(lanes, lane, count);
}

const struct record *lanes_peek_more(const struct lanes *lanes, uint32_t number)
{
    return lanes->lanes[number].head;
}

struct record *lanes_take_more(struct lanes *lanes, uint32_t number)
{
    struct lane *lane = &lanes->lanes[number];
    assert(lane->state == LANE_IN_FLIGHT && lane->head);
    lane->in_flight++;
    lanes->in_flight++;
    return pop(lanes, lane);
}

void lanes_park(struct lanes *lanes, struct lane_queue *queue)
{
    struct lane *lane = pop_ready(lanes);
    uint32_t number = (uint32_t)(lane - lanes->lanes);
    lane->state = LANE_PARKED;
    if (queue->count++ > 0)
        lanes->next_parked[queue->last] = number;
    else
        queue->first = number;
    queue->last = number;
    lanes->parked++;
}

const struct record *lanes_admit(struct lanes *lanes, struct lane_queue *queue)
{
    assert(queue->count > 0 && lanes->parked > 0);
    uint32_t number = queue->first;
    assert(lanes->lanes[number].state == LANE_PARKED);
    queue->first = lanes->next_parked[number];
    queue->count--;
    lanes->parked--;
    make_ready_as(lanes, number, LANE_ADMITTED);
    return lanes->lanes[number].head;
}

bool lanes_is_admitted(const struct lanes *lanes, uint32_t number)
{
    return lanes->lanes[number].state == LANE_ADMITTED;
}

void lanes_fetch(const struct lanes *lanes, uint32_t number)
{
    cache_fetch(&lanes->lanes[number], sizeof *lanes->lanes);
}

static struct lane *ready_behind(const struct lanes *lanes, size_t distance)
{
    return &lanes->lanes[lanes->ready[ring_place(lanes, distance)]];
}

void lanes_fetch_ready(const struct lanes *lanes)
{
    enum {
        RECORD_BEHIND = 4,
        LANE_BEHIND = 8
    };
    if (lanes->ready_count > RECORD_BEHIND)
        cache_fetch(ready_behind(lanes, RECORD_BEHIND)->head, sizeof(struct record));
    if (lanes->ready_count > LANE_BEHIND)
        cache_fetch(ready_behind(lanes, LANE_BEHIND), sizeof(struct lane));
}

uint32_t lanes_shard(const struct lanes *lanes, uint32_t number)
{
    return lanes->lanes[number].last.shard;
}

void lanes_tell_shard(struct lanes *lanes, uint32_t number, uint32_t shard)
{
    struct placement *last = &lanes->lanes[number].last;
    if (last->shard == shard)
        return;
    *last = placement_unknown();
    last->shard = shard;
}

bool lanes_tell_placement(struct lanes *lanes, uint32_t number, const struct placement *placement)
{
    struct placement *last = &lanes->lanes[number].last;
    if (!placement_may_follow(placement, last))
        return false;
    *last = *placement;
    return true;
}

void lanes_forget_placement(struct lanes *lanes, uint32_t number)
{
    lanes->lanes[number].last = placement_unknown();
}

static int64_t due_ms(const struct lanes *lanes, size_t at)
{
    return lanes->lanes[lanes->waiting[at]].retry_at_ms;
}

static void swap_waiting(struct lanes *lanes, size_t a, size_t b)
{
    uint32_t number = lanes->waiting[a];
    lanes->waiting[a] = lanes->waiting[b];
    lanes->waiting[b] = number;
}

static void make_waiting(struct lanes *lanes, uint32_t number)
{
    lanes->lanes[number].state = LANE_WAITING;
    size_t at = lanes->waiting_count++;
    lanes->waiting[at] = number;
    while (at > 0 && due_ms(lanes, at) < due_ms(lanes, (at - 1) / 2)) {
        swap_waiting(lanes, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static uint32_t pop_waiting(struct lanes *lanes)
{
    uint32_t first = lanes->waiting[0];
    lanes->waiting[0] = lanes->waiting[--lanes->waiting_count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < lanes->waiting_count && due_ms(lanes, child) < due_ms(lanes, least))
                least = child;
        if (least == at)
            return first;
        swap_waiting(lanes, at, least);
        at = least;
    }
}

static void come_back(struct lanes *lanes, uint32_t number)
{
    struct lane *lane = &lanes->lanes[number];
    assert(lane->state == LANE_IN_FLIGHT && lane->in_flight > 0);
    lanes->in_flight--;
    if (--lane->in_flight > 0)
        return;
    if (lane->retry_at_ms > 0)
        make_waiting(lanes, number);
    else if (lane->head)
        make_ready(lanes, number);
    else
        lane->state = LANE_IDLE;
}

void lanes_settle_stored(struct lanes *lanes, uint32_t lane)
{
    come_back(lanes, lane);
}

void lanes_settle_failed(struct lanes *lanes, struct record *record, int64_t retry_at_ms)
{
    assert(retry_at_ms > 0);
    struct lane *lane = &lanes->lanes[record->lane];
    struct record *last = record;
    note_held(lanes, record);
    for (; last->next; last = last->next)
        note_held(lanes, last->next);
    last->next = lane->head;
    lane->head = record;
    if (!lane->tail)
        lane->tail = last;
    if (retry_at_ms > lane->retry_at_ms)
        lane->retry_at_ms = retry_at_ms;
    come_back(lanes, record->lane);
}

void lanes_wake(struct lanes *lanes, int64_t now_ms)
{
    while (lanes->waiting_count > 0 && due_ms(lanes, 0) <= now_ms)
        make_ready(lanes, pop_waiting(lanes));
}

int64_t lanes_wake_at_ms(const struct lanes *lanes)
{
    return lanes->waiting_count > 0 ? due_ms(lanes, 0) : CLOCK_NEVER_MS;
}

uint64_t lanes_least_ordinal(const struct lanes *lanes, uint64_t entry)
{
    uint64_t least = 0;
    for (size_t i = 0; i < lanes->count; i++)
        for (const struct record *at = lanes->lanes[i].head; at; at = at->next)
            if (at->entry == entry && (least == 0 || at->ordinal < least))
                least = at->ordinal;
    return least;
}

void lanes_clear(struct lanes *lanes)
{
    assert(lanes->in_flight == 0);
    free_held(lanes);
    for (size_t i = 0; i < lanes->count; i++)
        lanes->lanes[i] = (struct lane){.state = LANE_IDLE, .last = lanes->lanes[i].last};
    lanes->ready_count = 0;
    lanes->waiting_count = 0;
    lanes->parked = 0;
}
