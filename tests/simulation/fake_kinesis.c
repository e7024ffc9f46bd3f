#include "fake_kinesis.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/sink.h"
#include "oracle.h"
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEATS_MAX = 16,
    SHARDS = 4,
    TIMEOUT_MS = 15000, // Of a request that is not answered.
    LATE_MS = 20000     // How long after that it may be stored all the same.
};

struct request {
    struct batch *batch; // NULL: the seat is free.
    uint64_t number;
    int64_t done_ms;
};

// A record on its way to be stored.
struct arrival {
    uint64_t request;
    int64_t at_ms;
    struct record *copy;
};

static struct random dice;
static struct sink *open_sink;
static struct request seats[SEATS_MAX];
static struct arrival *arrivals;
static size_t arrival_count;
static size_t arrival_capacity;
static uint64_t requests;
static uint64_t sequence_number;
static int64_t stalled_until_ms;
static int64_t refusing_until_ms;

static int64_t roll(int64_t below)
{
    return (int64_t)random_below(&dice, (uint64_t)below);
}

void fake_kinesis_begin(void)
{
    dice = world_random(3);
    arrivals = NULL;
    arrival_count = 0;
    arrival_capacity = 0;
    requests = 0;
    sequence_number = 0;
    stalled_until_ms = 0;
    refusing_until_ms = 0;
}

void fake_kinesis_release(void)
{
    for (size_t i = 0; i < arrival_count; i++)
        record_free(arrivals[i].copy);
    free(arrivals);
}

static bool mishap(enum misfortune misfortune)
{
    return scenario_has(&world.scenario, misfortune) && !world.is_calm &&
           roll(100) < world.scenario.mishap_percent;
}

static void store_at(struct request *request, const struct record *record, int64_t at_ms)
{
    if (arrival_count == arrival_capacity) {
        arrival_capacity = 2 * arrival_capacity + 64;
        arrivals = alloc_resize(arrivals, arrival_capacity * sizeof *arrivals);
    }
    arrivals[arrival_count++] = (struct arrival){
        .request = request->number,
        .at_ms = at_ms,
        .copy = record_new(record_key(record), record_data(record)),
    };
}

static void fail_all(struct batch *batch, enum outcome outcome, enum err_kind kind)
{
    err_set(&batch->err, kind, "the simulated service says no");
    for (size_t i = 0; i < batch->count; i++)
        batch->outcomes[i] = outcome;
}

// The outcome is never told. What was stored was stored in time, or comes late, or never.
static void lose_reply(struct request *request)
{
    struct batch *batch = request->batch;
    fail_all(batch, OUTCOME_UNKNOWN, ERR_RETRY);
    int64_t arrives_ms = world.now_ms + roll(request->done_ms - world.now_ms + 1);
    if (roll(2) == 0)
        request->done_ms = world.now_ms + TIMEOUT_MS;
    if (mishap(MISFORTUNE_LATE_COPY) ||
        (scenario_has(&world.scenario, MISFORTUNE_LATE_COPY) && !world.is_calm && roll(3) == 0))
        arrives_ms = request->done_ms + 1 + roll(LATE_MS);
    size_t stored =
        roll(3) == 0 ? (size_t)roll((int64_t)batch->count + 1) : (roll(2) == 0 ? 0 : batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        oracle_expect_duplicate(record_data(batch->records[i]));
        if (i < stored)
            store_at(request, batch->records[i], arrives_ms);
    }
    world_trace("request %llu: its reply is lost, %zu of %zu stored at %.3f",
        (unsigned long long)request->number, stored, batch->count,
        (double)(arrives_ms - world.started_ms) / 1000);
}

// A lane lies inside one shard, and what it sends it sends after the last answer.
static struct placement next_placement(const struct record *record)
{
    return (struct placement){
        .shard = record->lane % SHARDS,
        .sequence_number = {{0, 0, ++sequence_number}},
    };
}

// A sink that keeps order stores nothing behind what it did not store.
static void answer_each(struct request *request)
{
    struct batch *batch = request->batch;
    batch->err.kind = ERR_NONE;
    int64_t arrives_ms = world.now_ms + roll(request->done_ms - world.now_ms + 1);
    bool stopped = false;
    size_t stored = 0;
    for (size_t i = 0; i < batch->count; i++) {
        batch->outcomes[i] = OUTCOME_STORED;
        if (mishap(MISFORTUNE_THROTTLE))
            batch->outcomes[i] = OUTCOME_THROTTLED;
        else if (stopped || mishap(MISFORTUNE_FAILURE))
            batch->outcomes[i] = OUTCOME_FAILED;
        stopped |= world.scenario.in_order && batch->outcomes[i] != OUTCOME_STORED;
        if (batch->outcomes[i] != OUTCOME_STORED)
            continue;
        if (stopped) {
            batch->outcomes[i] = OUTCOME_FAILED;
            continue;
        }
        stored++;
        store_at(request, batch->records[i], arrives_ms);
        batch->placements[i] = next_placement(batch->records[i]);
    }
    world_trace("request %llu: %zu of %zu will be stored, and answered at %.3f",
        (unsigned long long)request->number, stored, batch->count,
        (double)(request->done_ms - world.started_ms) / 1000);
}

static void decide(struct request *request)
{
    bool times_out = request->done_ms - world.now_ms > TIMEOUT_MS;
    if (times_out)
        request->done_ms = world.now_ms + TIMEOUT_MS;
    if (world.now_ms < refusing_until_ms)
        fail_all(request->batch, OUTCOME_FAILED, ERR_OPERATOR);
    else if (times_out || mishap(MISFORTUNE_LOST_REPLY))
        lose_reply(request);
    else if (mishap(MISFORTUNE_THROTTLE))
        fail_all(request->batch, OUTCOME_THROTTLED, ERR_RETRY);
    else
        answer_each(request);
}

static bool has_room(const struct sink *sink)
{
    (void)sink;
    size_t taken = 0;
    for (size_t i = 0; i < SEATS_MAX; i++)
        taken += seats[i].batch != NULL;
    return taken < world.scenario.seats;
}

static void submit(struct sink *sink, struct batch *batch)
{
    assert(has_room(sink) && batch->count > 0);
    world_moved();
    struct request *request = seats;
    while (request->batch)
        request++;
    int64_t from_ms = stalled_until_ms > world.now_ms ? stalled_until_ms : world.now_ms;
    *request = (struct request){
        .batch = batch,
        .number = ++requests,
        .done_ms = from_ms + 1 + roll(world.scenario.service_latency_ms + 1),
    };
    for (size_t i = 0; i < batch->count; i++)
        oracle_judge_sent(batch->records[i]);
    decide(request);
}

static struct request *done_request(void)
{
    for (size_t i = 0; i < SEATS_MAX; i++)
        if (seats[i].batch && seats[i].done_ms <= world.now_ms)
            return &seats[i];
    return NULL;
}

static struct batch *next_done(struct sink *sink)
{
    (void)sink;
    struct request *request = done_request();
    if (!request)
        return NULL;
    fake_kinesis_act(); // What is acknowledged is stored.
    world_moved();
    struct batch *batch = request->batch;
    request->batch = NULL;
    return batch;
}

// The bodies, about as large as their records.
static size_t memory_bytes(const struct sink *sink)
{
    (void)sink;
    size_t bytes = 0;
    for (size_t i = 0; i < SEATS_MAX; i++)
        bytes += seats[i].batch ? seats[i].batch->request_bytes : 0;
    return bytes;
}

static void wait_for(struct sink *sink, struct wait_fd *fds, size_t count, int timeout_ms)
{
    (void)sink;
    world_sleep(fds, count, timeout_ms);
}

// The process is gone; of its requests some had left.
static void free_sink(struct sink *sink)
{
    for (size_t i = 0; i < SEATS_MAX; i++) {
        struct batch *batch = seats[i].batch;
        if (!batch)
            continue;
        bool left = roll(2) == 0;
        for (size_t j = 0; j < arrival_count; j++)
            if (arrivals[j].request == seats[i].number && !left)
                arrivals[j].at_ms = CLOCK_NEVER_MS;
        for (size_t j = 0; j < batch->count; j++) {
            oracle_expect_duplicate(record_data(batch->records[j]));
            record_free(batch->records[j]);
        }
        free(batch);
        seats[i].batch = NULL;
    }
    open_sink = NULL;
    free(sink);
}

struct sink *fake_kinesis_open(void)
{
    assert(!open_sink);
    open_sink = alloc_zeroed(1, sizeof *open_sink);
    *open_sink = (struct sink){
        .has_room = has_room,
        .submit = submit,
        .next_done = next_done,
        .memory_bytes = memory_bytes,
        .wait = wait_for,
        .free = free_sink,
    };
    return open_sink;
}

static bool is_awaited(uint64_t request)
{
    for (size_t i = 0; i < SEATS_MAX; i++)
        if (seats[i].batch && seats[i].number == request && seats[i].done_ms >= world.now_ms)
            return true;
    return false;
}

// In any order but for sinks that keep it: from the end of the list, as nobody would expect.
void fake_kinesis_act(void)
{
    bool in_order = world.scenario.in_order;
    size_t kept = 0;
    for (size_t i = 0; in_order && i < arrival_count; i++) {
        if (arrivals[i].at_ms <= world.now_ms)
            oracle_store(arrivals[i].copy, !is_awaited(arrivals[i].request));
    }
    for (size_t i = arrival_count; !in_order && i-- > 0;) {
        if (arrivals[i].at_ms <= world.now_ms)
            oracle_store(arrivals[i].copy, !is_awaited(arrivals[i].request));
    }
    for (size_t i = 0; i < arrival_count; i++) {
        if (arrivals[i].at_ms <= world.now_ms)
            record_free(arrivals[i].copy);
        else
            arrivals[kept++] = arrivals[i];
    }
    arrival_count = kept;
}

int64_t fake_kinesis_next_ms(void)
{
    int64_t at_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < SEATS_MAX; i++)
        if (seats[i].batch && seats[i].done_ms > world.now_ms)
            at_ms = world_earlier(at_ms, seats[i].done_ms);
    for (size_t i = 0; i < arrival_count; i++)
        at_ms = world_earlier(at_ms, arrivals[i].at_ms);
    return at_ms;
}

bool fake_kinesis_is_done(void)
{
    return open_sink && done_request();
}

void fake_kinesis_stall(int64_t duration_ms)
{
    world_trace("the service stalls for %lld ms", (long long)duration_ms);
    stalled_until_ms = world.now_ms + duration_ms;
}

void fake_kinesis_refuse(int64_t duration_ms)
{
    world_trace("the service refuses everything for %lld ms", (long long)duration_ms);
    refusing_until_ms = world.now_ms + duration_ms;
}
