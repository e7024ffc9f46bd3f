#include "request.h"

#include "arrivals.h"
#include "base/alloc.h"
#include "base/md5.h"
#include "base/random.h"
#include "delivery/lane.h"
#include "model/batch.h"
#include "model/record.h"
#include "oracle.h"
#include "promptness.h"
#include "sequence_number_of.h"
#include "stream.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_MS = 15000,        // Of a request that is not answered.
    LATE_MS = 20000,           // How long after that it may be stored all the same.
    RETRY_AFTER_MS_MAX = 5000, // The program waits no longer, whatever it is asked for.
    INVERSIONS_MAX = 3         // As src/delivery/delivery.c.
};

// What the program was told last of a lane.
struct answer {
    uint32_t shard;     // Where its records fall; SHARD_UNKNOWN: it was not told.
    uint64_t number;    // Of what was stored last; 0: nothing was.
    uint32_t number_of; // The shard where that is.
};

static struct random dice;
static struct answer answers[1 << LANE_BITS_MAX];
static uint64_t requests;
static int64_t stalled_until_ms;
static int64_t refusing_until_ms;

static int64_t roll(int64_t below)
{
    return (int64_t)random_below(&dice, (uint64_t)below);
}

void requests_begin(void)
{
    dice = world_random(3);
    requests = 0;
    stalled_until_ms = 0;
    refusing_until_ms = 0;
}

void requests_forget_answers(void)
{
    for (size_t i = 0; i < (size_t)1 << world.scenario.lane_bits; i++)
        answers[i] = (struct answer){.shard = SHARD_UNKNOWN};
}

static bool mishap(enum misfortune misfortune)
{
    return scenario_has(&world.scenario, misfortune) && !world.is_calm &&
           roll(100) < world.scenario.mishap_percent;
}

// The top of its key's MD5.
static uint64_t natural_hash(const struct record *record)
{
    const struct str key = record_key(record);
    struct md5 md5;
    md5_of_each(&key, 1, &md5);
    uint64_t hash = 0;
    for (size_t i = 0; i < 8; i++)
        hash = hash << 8 | md5.bytes[i];
    return hash;
}

static uint32_t lane_of(uint64_t hash)
{
    return (uint32_t)(hash >> 1 >> (63 - world.scenario.lane_bits));
}

// By which the service places an entry: aggregates, and all that is sent among them, have an
// explicit hash key, the middle of their lane.
static uint64_t hash_of(const struct record *first)
{
    bool is_explicit = world.scenario.entry_bytes_max > 0;
    return is_explicit ? (2 * (uint64_t)first->lane + 1) << (63 - world.scenario.lane_bits)
                       : natural_hash(first);
}

// A part of the request, as long as the batch's entry with that number.
struct parcel {
    size_t entry;
    const struct sent *sent;
    size_t count;
    const struct record *first;
};

static struct shard *shard_of(const struct parcel *parcel)
{
    if (world.scenario.places_anywhere)
        return stream_shard(random_below(&dice, UINT64_MAX));
    return stream_shard(hash_of(parcel->first));
}

static void store_at(
    const struct request *request, const struct parcel *parcel, int64_t at_ms, enum storing storing)
{
    struct arrival arrival = {
        .request = request->number,
        .at_ms = at_ms,
        .storing = storing,
        .sent = alloc_bytes(parcel->count * sizeof *arrival.sent),
        .count = parcel->count,
    };
    memcpy(arrival.sent, parcel->sent, parcel->count * sizeof *arrival.sent);
    arrivals_add(arrival);
}

// Walks over the request's entries; begin with zeros.
static bool next_parcel(const struct request *request, struct parcel *parcel)
{
    const struct batch *batch = request->batch;
    size_t entry = parcel->sent ? parcel->entry + 1 : 0;
    if (entry == batch->count)
        return false;
    const struct sent *sent = parcel->sent ? parcel->sent + parcel->count : request->sent;
    *parcel = (struct parcel){.entry = entry, .sent = sent, .first = batch->records[entry]};
    for (const struct record *record = batch->records[entry]; record; record = record->next)
        parcel->count++;
    return true;
}

static void fail_all(struct batch *batch, enum outcome outcome, enum err_kind kind)
{
    err_set(&batch->err, kind, "the simulated service says no");
    batch_settle_all(batch, outcome);
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
    enum storing storing = arrives_ms > request->done_ms ? STORING_LATE : STORING_IN_PLACE;
    for (size_t i = 0; i < request->sent_count; i++)
        oracle_expect_duplicate(request->sent[i]);
    for (struct parcel parcel = {0}; next_parcel(request, &parcel) && parcel.entry < stored;)
        store_at(request, &parcel, arrives_ms, storing);
    world_trace("request %llu: its reply is lost, %zu of %zu stored at %.3f",
        (unsigned long long)request->number, stored, batch->count,
        (double)(arrives_ms - world.started_ms) / 1000);
}

static struct answer *last_answer(const struct parcel *parcel)
{
    return &answers[parcel->first->lane];
}

// As a rule a higher one than any before, unless the stream was made anew. Never 0, which tells
// the program nothing.
static uint64_t number_of(const struct parcel *parcel, const struct answer *last)
{
    bool may_be_less = last->number > NUMBERS_BETWEEN && parcel->first->inversions < INVERSIONS_MAX;
    if (may_be_less && mishap(MISFORTUNE_INVERSION))
        return last->number - 1 - (uint64_t)roll(NUMBERS_BETWEEN);
    return stream_number();
}

// The program can know that the parcel is before the last one of its lane, minds, and has not
// minded so often that it believes it.
static bool is_inverted(
    const struct parcel *parcel, const struct answer *last, const struct answer *now)
{
    return !world.scenario.in_order && scenario_keeps_order(&world.scenario) &&
           last->number_of == now->number_of && last->number >= now->number &&
           parcel->first->inversions < INVERSIONS_MAX;
}

static enum storing place(
    const struct parcel *parcel, const struct shard *shard, struct placement *placement)
{
    struct answer *last = last_answer(parcel);
    struct answer now = {
        .shard = shard->id, .number = number_of(parcel, last), .number_of = shard->id};
    *placement = (struct placement){
        .shard = shard->id,
        .sequence_number = sequence_number_of(now.number),
    };
    if (is_inverted(parcel, last, &now))
        return STORING_INVERTED;
    *last = now;
    return STORING_IN_PLACE;
}

static enum outcome outcome_of(struct shard *shard)
{
    if (!stream_takes(shard) || (shard->is_busy && mishap(MISFORTUNE_THROTTLE)))
        return OUTCOME_THROTTLED;
    return mishap(MISFORTUNE_FAILURE) ? OUTCOME_FAILED : OUTCOME_STORED;
}

// As a rule the service says which shard it is; else it is the one that the lane fell into before.
static void tell_throttle(const struct request *request, const struct parcel *parcel,
    const struct shard *shard, struct placement *placement)
{
    struct answer *last = last_answer(parcel);
    if (roll(4) > 0) {
        placement->shard = shard->id;
        if (last->shard != shard->id) // Then numbers of another one are forgotten.
            *last = (struct answer){.shard = shard->id};
    }
    if (last->shard != SHARD_UNKNOWN)
        stream_note_throttled(last->shard, request->done_ms);
}

// A sink that keeps order stores nothing behind what it did not store.
static void answer_each(struct request *request)
{
    struct batch *batch = request->batch;
    batch->err.kind = ERR_NONE;
    int64_t arrives_ms = world.now_ms + roll(request->done_ms - world.now_ms + 1);
    bool stopped = false;
    size_t stored = 0;
    for (struct parcel parcel = {0}; next_parcel(request, &parcel);) {
        struct shard *shard = shard_of(&parcel);
        enum outcome *outcome = &batch->outcomes[parcel.entry];
        *outcome = stopped ? OUTCOME_FAILED : outcome_of(shard);
        stopped |= world.scenario.in_order && *outcome != OUTCOME_STORED;
        struct placement *placement = &batch->placements[parcel.entry];
        if (*outcome == OUTCOME_THROTTLED && !world.scenario.in_order)
            tell_throttle(request, &parcel, shard, placement);
        if (*outcome != OUTCOME_STORED)
            continue;
        stored++;
        store_at(request, &parcel, arrives_ms, place(&parcel, shard, placement));
    }
    world_trace("request %llu: %zu of %zu will be stored, and answered at %.3f",
        (unsigned long long)request->number, stored, batch->count,
        (double)(request->done_ms - world.started_ms) / 1000);
}

// The service takes nothing, and may say for how long.
static void ask_for_patience(struct request *request)
{
    struct batch *batch = request->batch;
    fail_all(batch, OUTCOME_THROTTLED, ERR_RETRY);
    batch->retry_after_ms = roll(2) == 0 ? 0 : roll(RETRY_AFTER_MS_MAX);
    for (size_t i = 0; i < request->sent_count; i++)
        oracle_expect_patience(request->sent[i], request->done_ms + batch->retry_after_ms);
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
        ask_for_patience(request);
    else
        answer_each(request);
}

// A consumer drops an aggregate when one of its rows belongs to another shard. Where shards are cut
// is anybody's guess, so all must be of one lane.
static void judge_company(const struct record *record, const struct record *first)
{
    uint32_t lane = lane_of(natural_hash(record));
    if ((lane ^ first->lane) >> world.scenario.spread_bits != 0)
        world_broken(INVARIANT_COMPLETE, "a record of lane %u is sent among those of lane %u", lane,
            first->lane);
}

static void judge_sent(struct request *request)
{
    const struct batch *batch = request->batch;
    for (size_t i = 0; i < batch->count; i++)
        for (const struct record *record = batch->records[i]; record; record = record->next)
            request->sent_count++;
    request->sent = alloc_bytes(request->sent_count * sizeof *request->sent);
    size_t at = 0;
    for (size_t i = 0; i < batch->count; i++)
        for (const struct record *record = batch->records[i]; record; record = record->next) {
            judge_company(record, batch->records[i]);
            request->sent[at++] = oracle_judge_sent(record);
        }
}

struct request request_of(struct batch *batch)
{
    int64_t from_ms = stalled_until_ms > world.now_ms ? stalled_until_ms : world.now_ms;
    struct request request = {
        .batch = batch,
        .number = ++requests,
        .done_ms = from_ms + 1 + roll(world.scenario.service_latency_ms + 1),
    };
    judge_sent(&request);
    promptness_judge(&request);
    decide(&request);
    return request;
}

int64_t request_throttled_ms(uint32_t lane)
{
    return stream_throttled_ms(answers[lane].shard);
}

struct batch *request_release(struct request *request)
{
    struct batch *batch = request->batch;
    free(request->sent);
    *request = (struct request){.batch = NULL};
    return batch;
}

void requests_stall(int64_t duration_ms)
{
    world_trace("the service stalls for %lld ms", (long long)duration_ms);
    stalled_until_ms = world.now_ms + duration_ms;
}

void requests_refuse(int64_t duration_ms)
{
    world_trace("the service refuses everything for %lld ms", (long long)duration_ms);
    refusing_until_ms = world.now_ms + duration_ms;
}
