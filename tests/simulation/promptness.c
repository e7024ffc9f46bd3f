#include "promptness.h"

#include "delivery/delivery.h"
#include "delivery/lane.h"
#include "history.h"
#include "model/batch.h"
#include "model/record.h"
#include "oracle.h"
#include "request.h"
#include "world.h"

#include <string.h>

enum {
    // A shard is held back for a minute after it throttled, which is looked at 100 times a second;
    // all are for a while after the service refused.
    RATE_LASTS_MS = 60010,
    HOLD_LASTS_MS = 30000
};

static int64_t returned_ms[1 << LANE_BITS_MAX]; // When a lane's last record came back.
static int64_t room_ms;
static int64_t refused_ms;
static int64_t sent_ms;     // The last request before this one.
static size_t taken_change; // Of the last message.
static size_t taken_count;

void promptness_begin(void)
{
    memset(returned_ms, 0, sizeof *returned_ms << world.scenario.lane_bits);
    room_ms = 0;
    refused_ms = -HOLD_LASTS_MS;
    sent_ms = -DELIVERY_FILL_MS;
    taken_count = 0;
}

static void set_taken(int64_t at_ms)
{
    for (size_t i = taken_change; i < taken_change + taken_count; i++)
        history.changes[i].taken_ms = at_ms;
}

void promptness_note_taken(size_t change, size_t count)
{
    set_taken(world.now_ms);
    taken_change = change;
    taken_count = count;
    set_taken(0);
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static void judge(const struct request *request)
{
    const struct batch *batch = request->batch;
    if (world.scenario.in_order || world.now_ms - refused_ms <= HOLD_LASTS_MS)
        return;
    size_t at = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct record *first = batch->records[i];
        const struct committed *change = &history.changes[request->sent[at].change];
        int64_t since_ms = later(later(change->taken_ms, returned_ms[first->lane]), room_ms);
        bool is_free = first->attempts == 1 && change->taken_ms > 0 &&
                       world.now_ms - request_throttled_ms(first->lane) > RATE_LASTS_MS;
        int64_t waits_ms = later(since_ms + world.scenario.linger_ms, sent_ms + DELIVERY_FILL_MS);
        if (is_free && world.now_ms > waits_ms)
            world_broken(INVARIANT_PROMPT, "change %zu waits for %lld ms, and nobody knows why",
                request->sent[at].change, (long long)(world.now_ms - since_ms));
        for (const struct record *record = first; record; record = record->next)
            at++;
    }
}

void promptness_judge(const struct request *request)
{
    judge(request);
    sent_ms = world.now_ms;
}

void promptness_note_returned(const struct request *request)
{
    const struct batch *batch = request->batch;
    for (size_t i = 0; i < batch->count; i++)
        returned_ms[batch->records[i]->lane] = world.now_ms;
    if (batch->err.kind == ERR_OPERATOR)
        refused_ms = world.now_ms;
}

void promptness_note_room(void)
{
    room_ms = world.now_ms;
}
