#include "fake_kinesis.h"

#include "arrivals.h"
#include "base/alloc.h"
#include "base/random.h"
#include "model/batch.h"
#include "model/sink.h"
#include "oracle.h"
#include "promptness.h"
#include "request.h"
#include "stream.h"
#include "world.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SEATS_MAX = 16
};

static struct random dice;
static struct sink *open_sink;
static struct request seats[SEATS_MAX];

void fake_kinesis_begin(void)
{
    dice = world_random(6);
    stream_begin();
    requests_begin();
    arrivals_begin();
}

void fake_kinesis_release(void)
{
    arrivals_release();
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
    struct request *seat = seats;
    while (seat->batch)
        seat++;
    *seat = request_of(batch);
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
    struct request *request = done_request();
    if (!request)
        return NULL;
    fake_kinesis_act(); // What is acknowledged is stored.
    world_moved();
    if (!has_room(sink))
        promptness_note_room();
    promptness_note_returned(request);
    return request_release(request);
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
        if (!seats[i].batch)
            continue;
        if (random_below(&dice, 2) == 0)
            arrivals_leave(seats[i].number);
        else
            arrivals_drop(seats[i].number);
        for (size_t j = 0; j < seats[i].sent_count; j++)
            oracle_expect_duplicate(seats[i].sent[j]);
        batch_free(request_release(&seats[i]));
    }
    open_sink = NULL;
    free(sink);
}

struct sink *fake_kinesis_open(void)
{
    assert(!open_sink);
    requests_forget_answers();
    promptness_begin();
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

void fake_kinesis_act(void)
{
    arrivals_act();
}

int64_t fake_kinesis_next_ms(void)
{
    int64_t at_ms = arrivals_next_ms();
    for (size_t i = 0; i < SEATS_MAX; i++)
        if (seats[i].batch && seats[i].done_ms > world.now_ms)
            at_ms = world_earlier(at_ms, seats[i].done_ms);
    return at_ms;
}

bool fake_kinesis_is_done(void)
{
    return open_sink && done_request();
}
