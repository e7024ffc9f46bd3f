#include "delivery/delivery.h"

#include "base/backoff.h"
#include "base/cache.h"
#include "base/clock.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>
#include <stdlib.h>

// A throttled shard is over its second's budget: a second's fractions, growing. Anything else may
// be gone in an instant.
static const struct backoff throttled_backoff = {.first_ms = 200, .most_ms = 5000};
static const struct backoff failed_backoff = {.first_ms = 50, .most_ms = 5000};

enum {
    // A stream that was made anew may count from the beginning.
    INVERSIONS_MAX = 3,
    // One more than the service needs to have always something to do.
    BUSY_REQUESTS = 2,
    // The AWS SDKs' bound (botocore/retries/standard.py).
    ASKED_MORE_MS_MAX = 5000
};

void delivery_init(struct delivery *delivery, struct delivery_options options, lsn_t flushed)
{
    *delivery = (struct delivery){.options = options, .random = random_from(options.seed)};
    newcomers_init(&delivery->newcomers, options.lane_bits, options.spread_bits);
    lanes_init(&delivery->lanes, options.lane_bits);
    delivery->lanes.entry_bytes_max = options.entry_bytes_max;
    gates_init(&delivery->gates);
    ledger_init(&delivery->ledger, flushed);
    barrier_init(&delivery->barrier);
}

void delivery_release(struct delivery *delivery)
{
    newcomers_clear(&delivery->newcomers);
    lanes_release(&delivery->lanes);
    gates_release(&delivery->gates);
    ledger_release(&delivery->ledger);
    barrier_release(&delivery->barrier);
}

void delivery_begin(struct delivery *delivery, uint32_t xid)
{
    ledger_begin(&delivery->ledger, xid);
}

void delivery_add(struct delivery *delivery, struct record *record)
{
    assert(!delivery_is_fenced(delivery, record->table));
    record->entry = ledger_owe(&delivery->ledger);
    barrier_owe(&delivery->barrier, record->table);
    delivery->memory_bytes += record_memory_bytes(record);
    newcomers_add(&delivery->newcomers, &delivery->lanes, record);
}

static void place_newcomers(struct delivery *delivery)
{
    newcomers_place(&delivery->newcomers, &delivery->lanes);
}

void delivery_commit(struct delivery *delivery, lsn_t end_lsn)
{
    ledger_end(&delivery->ledger, end_lsn);
}

void delivery_advance(struct delivery *delivery, lsn_t lsn)
{
    ledger_advance(&delivery->ledger, lsn);
}

bool delivery_is_idle(const struct delivery *delivery)
{
    const struct lanes *lanes = &delivery->lanes;
    return delivery->newcomers.count == 0 && lanes->queued == 0 && lanes->in_flight == 0;
}

bool delivery_is_drained(const struct delivery *delivery)
{
    const struct lanes *lanes = &delivery->lanes;
    return delivery->newcomers.count == 0 && lanes->in_flight == 0 && lanes->ready_count == 0 &&
           lanes->parked == 0 && lanes_wake_at_ms(lanes) == CLOCK_NEVER_MS;
}

bool delivery_is_in_flight(const struct delivery *delivery)
{
    return delivery->lanes.in_flight > 0;
}

bool delivery_has_room(const struct delivery *delivery, size_t other_bytes)
{
    return delivery->memory_bytes + other_bytes < delivery->options.memory_bytes_max ||
           delivery_is_idle(delivery);
}

bool delivery_owes_table(const struct delivery *delivery, uint64_t table)
{
    return barrier_owes(&delivery->barrier, table);
}

void delivery_fence(struct delivery *delivery, uint64_t table)
{
    barrier_fence(&delivery->barrier, table);
}

bool delivery_is_fenced(const struct delivery *delivery, uint64_t table)
{
    return barrier_is_fenced(&delivery->barrier, table);
}

// A request's worth waits for nobody.
static bool has_company(const struct delivery *delivery)
{
    return delivery->lanes.queued >= BATCH_RECORDS_MAX ||
           delivery->lanes.queued_bytes >= BATCH_BYTES_GOAL;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

// Until when what is ready waits for company: what is out calls for the next request when it comes
// back.
static int64_t waits_until_ms(const struct delivery *delivery)
{
    if (has_company(delivery))
        return 0;
    bool fills = delivery->expects_more || delivery->requests_out >= BUSY_REQUESTS;
    int64_t filled_ms = fills ? delivery->sent_ms + DELIVERY_FILL_MS : 0;
    return later(filled_ms, delivery->ready_since_ms + delivery->options.linger_ms);
}

static void note_ready(struct delivery *delivery, int64_t now_ms)
{
    if (delivery->lanes.ready_count == 0)
        delivery->ready_since_ms = 0;
    else if (delivery->ready_since_ms == 0)
        delivery->ready_since_ms = now_ms;
}

struct batch *delivery_next_batch(struct delivery *delivery, int64_t now_ms)
{
    if (now_ms < delivery->hold_until_ms)
        return NULL;
    place_newcomers(delivery);
    lanes_wake(&delivery->lanes, now_ms);
    gates_open(&delivery->gates, &delivery->lanes, now_ms);
    note_ready(delivery, now_ms);
    if (now_ms < waits_until_ms(delivery))
        return NULL;
    struct batch *batch =
        packer_pack(&delivery->lanes, &delivery->gates, delivery->options.packing, now_ms);
    note_ready(delivery, now_ms);
    if (!batch)
        return NULL;
    delivery->requests_out++;
    delivery->sent_ms = now_ms;
    return batch;
}

void delivery_expect_more(struct delivery *delivery, bool expects_more)
{
    delivery->expects_more = expects_more;
}

static void hand_in(struct delivery *delivery)
{
    struct payment *payment = &delivery->payment;
    if (payment->records == 0)
        return;
    ledger_pay(&delivery->ledger, payment->entry, payment->records);
    barrier_pay(&delivery->barrier, payment->table, payment->records);
    payment->records = 0;
}

static void collect(struct delivery *delivery, const struct record *record)
{
    struct payment *payment = &delivery->payment;
    if (record->entry != payment->entry || record->table != payment->table)
        hand_in(delivery);
    payment->entry = record->entry;
    payment->table = record->table;
    payment->records++;
}

static void pay(struct delivery *delivery, struct record *record, enum outcome outcome)
{
    bool stored = outcome == OUTCOME_STORED;
    delivery->counts.stored += stored;
    delivery->counts.stored_bytes += stored ? record_request_bytes(record) : 0;
    delivery->memory_bytes -= record_memory_bytes(record);
    collect(delivery, record);
    record_free(record);
}

static void settle_paid(struct delivery *delivery, struct record *first, enum outcome outcome)
{
    delivery->counts.entries_stored += outcome == OUTCOME_STORED;
    lanes_settle_stored(&delivery->lanes, first->lane);
    while (first) {
        struct record *next = first->next;
        pay(delivery, first, outcome);
        first = next;
    }
}

static int64_t failed_wait_ms(struct delivery *delivery, const struct record *record)
{
    return backoff_wait_ms(failed_backoff, record->attempts, &delivery->random);
}

static void settle_inverted(struct delivery *delivery, struct record *record, int64_t now_ms)
{
    delivery->counts.inverted++;
    record->inversions++;
    lanes_settle_failed(&delivery->lanes, record, now_ms + failed_wait_ms(delivery, record));
}

// Who is asked to wait longer does, within reason: a proxy may ask for hours.
static int64_t as_asked_ms(int64_t wait_ms, int64_t asked_ms)
{
    if (asked_ms <= wait_ms)
        return wait_ms;
    return asked_ms < wait_ms + ASKED_MORE_MS_MAX ? asked_ms : wait_ms + ASKED_MORE_MS_MAX;
}

static void settle_failed(
    struct delivery *delivery, const struct batch *batch, size_t i, int64_t now_ms)
{
    struct record *record = batch->records[i];
    enum outcome outcome = batch->outcomes[i];
    struct delivery_counts *counts = &delivery->counts;
    counts->throttled += outcome == OUTCOME_THROTTLED;
    counts->failed += outcome == OUTCOME_FAILED;
    counts->unknown += outcome == OUTCOME_UNKNOWN;
    int64_t wait_ms = outcome == OUTCOME_THROTTLED
                          ? backoff_wait_ms(throttled_backoff, record->attempts, &delivery->random)
                          : failed_wait_ms(delivery, record);
    lanes_settle_failed(
        &delivery->lanes, record, now_ms + as_asked_ms(wait_ms, batch->retry_after_ms));
}

// One record of the batch spoils it for all. Each goes on in half as large a company: so the guilty
// one is alone after nine more refusals, while the others are stored on the way. At once: the
// service is in good health.
static void settle_refused(
    struct delivery *delivery, struct record *record, size_t company, int64_t now_ms)
{
    delivery->counts.failed++;
    bool alone = company == 1;
    for (struct record *at = record; at; at = at->next)
        at->records_max = alone ? 1 : (uint32_t)(company / 2);
    lanes_settle_failed(&delivery->lanes, record, alone ? CLOCK_NEVER_MS : now_ms + 1);
}

static bool keeps_order_by_lanes(const struct delivery *delivery)
{
    return delivery->options.packing == PACKING_ONE_OF_A_LANE && delivery->options.spread_bits == 0;
}

// False when the record must be sent again.
static bool is_in_place(
    struct delivery *delivery, const struct record *record, const struct placement *placement)
{
    if (!keeps_order_by_lanes(delivery) ||
        lanes_tell_placement(&delivery->lanes, record->lane, placement))
        return true;
    if (record->inversions < INVERSIONS_MAX)
        return false;
    lanes_forget_placement(&delivery->lanes, record->lane);
    return lanes_tell_placement(&delivery->lanes, record->lane, placement);
}

// What an answer to a record says of its shard.
static void learn_of_shard(
    struct delivery *delivery, const struct batch *batch, size_t i, int64_t now_ms)
{
    uint32_t lane = batch->records[i]->lane;
    struct gate_answer answer = {
        .shard = batch->placements[i].shard,
        .sent_ms = batch->sent_ms,
    };
    if (batch->outcomes[i] == OUTCOME_STORED) {
        lanes_tell_shard(&delivery->lanes, lane, answer.shard);
        gates_stored(&delivery->gates, answer, now_ms);
    } else if (batch->outcomes[i] == OUTCOME_THROTTLED && batch->err.kind == ERR_NONE) {
        if (answer.shard == SHARD_UNKNOWN)
            answer.shard = lanes_shard(&delivery->lanes, lane);
        if (answer.shard == SHARD_UNKNOWN)
            return;
        lanes_tell_shard(&delivery->lanes, lane, answer.shard);
        gates_throttled(&delivery->gates, answer, now_ms);
    }
}

static void settle_one(
    struct delivery *delivery, const struct batch *batch, size_t i, int64_t now_ms)
{
    struct record *record = batch->records[i];
    enum outcome outcome = batch->outcomes[i];
    learn_of_shard(delivery, batch, i, now_ms);
    if (outcome == OUTCOME_STORED && !is_in_place(delivery, record, &batch->placements[i]))
        settle_inverted(delivery, record, now_ms);
    else if (outcome == OUTCOME_STORED || outcome == OUTCOME_SKIPPED)
        settle_paid(delivery, record, outcome);
    else if (batch->err.kind == ERR_DATA)
        settle_refused(delivery, record, batch->record_count, now_ms);
    else
        settle_failed(delivery, batch, i, now_ms);
}

// What a record needs to be settled is fetched while those before it are.
static void fetch_ahead(const struct delivery *delivery, const struct batch *batch, size_t i)
{
    enum {
        LANE_AHEAD = 4,
        RECORD_AHEAD = 8
    };
    if (i >= LANE_AHEAD)
        lanes_fetch(&delivery->lanes, batch->records[i - LANE_AHEAD]->lane);
    if (i >= RECORD_AHEAD)
        cache_fetch(batch->records[i - RECORD_AHEAD], sizeof(struct record));
}

void delivery_settle(struct delivery *delivery, struct batch *batch, int64_t now_ms)
{
    // Newest first, so that several failed records of one lane stand in their order again.
    for (size_t i = batch->count; i-- > 0;) {
        fetch_ahead(delivery, batch, i);
        settle_one(delivery, batch, i, now_ms);
    }
    hand_in(delivery);
    delivery->requests_out--;
    free(batch);
}

void delivery_hold(struct delivery *delivery, int64_t until_ms)
{
    delivery->hold_until_ms = until_ms;
}

int64_t delivery_wake_at_ms(struct delivery *delivery)
{
    place_newcomers(delivery);
    int64_t ready_ms = 0;
    if (delivery->lanes.ready_count == 0) {
        int64_t retry_ms = lanes_wake_at_ms(&delivery->lanes);
        int64_t open_ms = gates_open_at_ms(&delivery->gates);
        ready_ms = retry_ms < open_ms ? retry_ms : open_ms;
    }
    return later(later(ready_ms, waits_until_ms(delivery)), delivery->hold_until_ms);
}

lsn_t delivery_flushed(const struct delivery *delivery)
{
    return ledger_flushed(&delivery->ledger);
}

bool delivery_oldest_debt(struct delivery *delivery, struct delivery_debt *debt)
{
    assert(!delivery_is_in_flight(delivery));
    place_newcomers(delivery);
    uint64_t entry = 0;
    if (!ledger_oldest(&delivery->ledger, &entry, &debt->xid))
        return false;
    debt->ordinal = lanes_least_ordinal(&delivery->lanes, entry);
    return true;
}

void delivery_restart(struct delivery *delivery, lsn_t flushed)
{
    newcomers_clear(&delivery->newcomers);
    lanes_clear(&delivery->lanes);
    gates_clear(&delivery->gates);
    delivery->ready_since_ms = 0;
    ledger_restart(&delivery->ledger, flushed);
    barrier_release(&delivery->barrier);
    delivery->memory_bytes = 0;
}
