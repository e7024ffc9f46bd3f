#include "app/pump.h"

#include "base/log.h"
#include "base/wait.h"
#include "delivery/delivery.h"
#include "encode/elide.h"
#include "encode/json.h"
#include "encode/partition_key.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/relation.h"
#include "model/sink.h"
#include "model/source.h"

#include <assert.h>
#include <string.h>

enum {
    TAKE_MAX = 2 * BATCH_RECORDS_MAX, // A turn's events: requests are handed out in between.
    HOLD_MS = 30000,                  // Until a service that refuses everything is asked again.
    COMPLAIN_EVERY_MS = 60000,
    TIME_BYTES_MAX = 40
};

void pump_init(
    struct pump *pump, struct sink *sink, struct delivery *delivery, size_t record_bytes_max)
{
    *pump = (struct pump){
        .sink = sink,
        .delivery = delivery,
        .record_bytes_max = record_bytes_max,
        .time_s = -1,
    };
    partition_key_init(&pump->key);
    buf_init(&pump->data, record_bytes_max);
    buf_init(&pump->time, TIME_BYTES_MAX);
}

void pump_release(struct pump *pump)
{
    buf_release(&pump->key);
    buf_release(&pump->data);
    buf_release(&pump->time);
    misfits_close(&pump->misfits);
}

static bool is_same_txn(const struct txn_progress *a, const struct txn_progress *b)
{
    return a->xid == b->xid && a->first_lsn == b->first_lsn;
}

// What is queued is thrown away, so a transaction that stayed open is stored up to the first change
// that is queued.
static void note_delivered(struct pump *pump)
{
    if (pump->open.xid == 0)
        return;
    uint64_t first = delivery_first_undelivered(pump->delivery);
    uint64_t stored = first > 0 ? first - 1 : pump->open.ordinal;
    if (is_same_txn(&pump->open, &pump->delivered) && stored <= pump->delivered.ordinal)
        return;
    pump->delivered = pump->open;
    pump->delivered.ordinal = stored;
}

void pump_attach(struct pump *pump, struct source *source, lsn_t flushed, bool same_log)
{
    assert(!pump->source);
    note_delivered(pump);
    if (!same_log)
        pump->delivered.xid = 0;
    pump->open.xid = 0;
    pump->holds = false;
    delivery_restart(pump->delivery, flushed);
    pump->source = source;
}

void pump_detach(struct pump *pump)
{
    pump->source = NULL;
}

static void tell_time(struct pump *pump, int64_t wall_us)
{
    if (wall_us / 1000000 == pump->time_s)
        return;
    pump->time_s = wall_us / 1000000;
    buf_clear(&pump->time);
    clock_add_rfc3339(&pump->time, wall_us);
}

static void encode(
    struct pump *pump, struct buf *data, const struct event *event, const struct relation *relation)
{
    struct str time = buf_str(&pump->time);
    size_t invalid = event->kind == EVENT_CHANGE
                         ? json_encode_change(data, event, time)
                         : json_encode_truncate(data, event, relation, time);
    pump->counts.invalid_bytes += data == &pump->data ? invalid : 0;
}

static size_t record_bytes(const struct pump *pump)
{
    return buf_wanted(&pump->data) + pump->key.len;
}

// The record stands in pump->key and, as far as it fits, in pump->data.
static bool leave_out(
    struct pump *pump, const struct event *event, const struct relation *relation, struct err *err)
{
    const struct oversize_record oversize = {
        .table = relation->quoted,
        .partition_key = buf_str(&pump->key),
        .lsn = event->lsn,
        .bytes = record_bytes(pump),
        .bytes_max = pump->record_bytes_max,
    };
    struct buf *letter;
    if (!misfits_skip_oversize(&pump->misfits, &oversize, &letter, err))
        return false;
    if (!letter)
        return true;
    encode(pump, letter, event, relation); // Again: only this one has room for all of it.
    return misfits_end(&pump->misfits, err);
}

// Gives to delivery what stands in pump->key and pump->data, if it fits.
static bool add_record(
    struct pump *pump, const struct event *event, const struct relation *relation, struct err *err)
{
    if (record_bytes(pump) > pump->record_bytes_max)
        return leave_out(pump, event, relation, err);
    struct record *record = record_new(buf_str(&pump->key), buf_str(&pump->data));
    record->table = relation->table;
    record->lsn = event->lsn;
    record->ordinal = event->ordinal;
    delivery_add(pump->delivery, record);
    return true;
}

static void encode_elided(struct pump *pump, const struct event *event)
{
    struct elision elision;
    elision_init(&elision, event, record_bytes(pump) - pump->record_bytes_max);
    buf_clear(&pump->data);
    json_encode_change(&pump->data, &elision.event, buf_str(&pump->time));
    elision_release(&elision);
    pump->misfits.counts.elided++;
}

static bool add_change(struct pump *pump, const struct event *event, struct err *err)
{
    const struct relation *relation = event->change.relation;
    pump->counts.changes++;
    partition_key_of(&pump->key, event);
    buf_clear(&pump->data);
    encode(pump, &pump->data, event, relation);
    bool fits = record_bytes(pump) <= pump->record_bytes_max;
    if (!fits && pump->misfits.oversize == OVERSIZE_ELIDE)
        encode_elided(pump, event);
    return add_record(pump, event, relation, err);
}

// A barrier for its tables: what follows waits until these records are stored.
static bool add_truncate(struct pump *pump, const struct event *event, struct err *err)
{
    const struct truncate *truncate = &event->truncate;
    for (size_t i = 0; i < truncate->count; i++) {
        const struct relation *relation = truncate->relations[i];
        partition_key_of_relation(&pump->key, relation);
        buf_clear(&pump->data);
        encode(pump, &pump->data, event, relation);
        if (!add_record(pump, event, relation, err))
            return false;
    }
    for (size_t i = 0; i < truncate->count; i++) {
        uint64_t table = truncate->relations[i]->table;
        if (delivery_owes_table(pump->delivery, table)) // Unless its record was skipped.
            delivery_fence(pump->delivery, table);
    }
    return true;
}

static bool must_wait(const struct pump *pump, const struct event *event)
{
    if (event->kind == EVENT_CHANGE) {
        uint64_t table = event->change.relation->table;
        return event->key_changed ? delivery_owes_table(pump->delivery, table)
                                  : delivery_is_fenced(pump->delivery, table);
    }
    if (event->kind == EVENT_TRUNCATE)
        for (size_t i = 0; i < event->truncate.count; i++)
            if (delivery_owes_table(pump->delivery, event->truncate.relations[i]->table))
                return true;
    return false;
}

// A message, which is skipped; outside of a transaction it is a position, too.
static void skip_message(struct pump *pump, const struct event *event)
{
    pump->counts.messages++;
    if (event->end_lsn > 0)
        delivery_advance(pump->delivery, event->end_lsn);
}

static void begin(struct pump *pump, const struct event *event)
{
    pump->open = (struct txn_progress){.xid = event->txn.xid};
    delivery_begin(pump->delivery);
}

// Skipped records owe nothing: so they must be safe before the end of their transaction is.
static bool commit(struct pump *pump, const struct event *event, struct err *err)
{
    if (!misfits_sync(&pump->misfits, err))
        return false;
    if (is_same_txn(&pump->open, &pump->delivered))
        pump->delivered.xid = 0;
    pump->open.xid = 0;
    delivery_commit(pump->delivery, event->end_lsn);
    return true;
}

// Notes how far the open transaction has come; tells whether the change was stored before the
// connection was lost.
static bool is_delivered(struct pump *pump, const struct event *event)
{
    if (event->txn.xid == 0 || event->ordinal == 0)
        return false;
    pump->open.ordinal = event->ordinal;
    if (event->ordinal == 1)
        pump->open.first_lsn = event->lsn;
    return event->ordinal <= pump->delivered.ordinal && is_same_txn(&pump->open, &pump->delivered);
}

static enum pump_state act_upon(struct pump *pump, const struct event *event, struct err *err)
{
    if (is_delivered(pump, event))
        return PUMP_FLOWS;
    bool ok = true;
    switch (event->kind) {
    case EVENT_BEGIN:
        begin(pump, event);
        break;
    case EVENT_CHANGE:
        ok = add_change(pump, event, err);
        break;
    case EVENT_TRUNCATE:
        ok = add_truncate(pump, event, err);
        break;
    case EVENT_MESSAGE:
        skip_message(pump, event);
        break;
    case EVENT_COMMIT:
        ok = commit(pump, event, err);
        break;
    case EVENT_KEEPALIVE:
        delivery_advance(pump->delivery, event->end_lsn);
        break;
    case EVENT_UNKNOWN:
        pump->counts.unknown++;
        break;
    case EVENT_NONE:
        break;
    }
    if (!ok)
        return PUMP_STUCK;
    bool is_position = event->kind == EVENT_COMMIT || event->kind == EVENT_KEEPALIVE;
    bool at_end = is_position && pump->end_lsn > 0 && event->end_lsn >= pump->end_lsn;
    return at_end ? PUMP_REACHED_END : PUMP_FLOWS;
}

// The next event into pump->held; PUMP_FLOWS with pump->holds false: there is none now.
static enum pump_state hold_next(struct pump *pump, int64_t now_ms, struct err *err)
{
    if (pump->holds)
        return PUMP_FLOWS;
    switch (pump->source->next(pump->source, now_ms, &pump->held, err)) {
    case SOURCE_EVENT:
        pump->holds = true;
        return PUMP_FLOWS;
    case SOURCE_WAIT:
        return PUMP_FLOWS;
    case SOURCE_ENDED:
        return PUMP_SERVER_ENDED;
    case SOURCE_FAILED:
        break;
    }
    return PUMP_SOURCE_FAILED;
}

static bool has_room(const struct pump *pump)
{
    return delivery_has_room(pump->delivery, pump->sink->memory_bytes(pump->sink));
}

static enum pump_state take_events(struct pump *pump, int64_t now_ms, struct err *err)
{
    for (int taken = 0; taken < TAKE_MAX; taken++) {
        pump->may_sleep = true;
        if (!has_room(pump))
            return PUMP_FLOWS;
        enum pump_state state = hold_next(pump, now_ms, err);
        if (state != PUMP_FLOWS || !pump->holds || must_wait(pump, &pump->held))
            return state;
        pump->holds = false;
        state = act_upon(pump, &pump->held, err);
        if (state != PUMP_FLOWS)
            return state;
    }
    pump->may_sleep = false;
    return PUMP_FLOWS;
}

static void hand_out(struct pump *pump, int64_t now_ms)
{
    while (pump->sink->has_room(pump->sink)) {
        struct batch *batch = delivery_next_batch(pump->delivery, now_ms);
        if (!batch)
            return;
        pump->sink->submit(pump->sink, batch);
    }
}

static void complain(struct pump *pump, const struct err *err, int64_t now_ms)
{
    if (pump->complained_at_ms > 0 && now_ms - pump->complained_at_ms < COMPLAIN_EVERY_MS)
        return;
    pump->complained_at_ms = now_ms;
    log_event(LOG_WARNING, "cannot deliver, trying on: %s", err->text);
}

// A request that failed as a whole. Once something was stored, the configuration was right and may
// be so again: what is undelivered stays in the slot meanwhile.
static enum pump_state judge_failure(
    struct pump *pump, const struct err *cause, int64_t now_ms, struct err *err)
{
    bool refused = cause->kind == ERR_FINAL;
    bool hopeless = cause->kind == ERR_OPERATOR &&
                    (pump->delivery->counts.stored == 0 || pump->sink->refuses_for_good);
    if (refused || hopeless) {
        *err = *cause;
        return refused ? PUMP_STUCK : PUMP_REFUSED;
    }
    if (cause->kind == ERR_OPERATOR)
        delivery_hold(pump->delivery, now_ms + HOLD_MS);
    complain(pump, cause, now_ms);
    return PUMP_FLOWS;
}

// A request that the service refuses for what is in it. Delivery finds the record; here it is.
static enum pump_state judge_refusal(struct pump *pump, struct batch *batch, struct err *err)
{
    if (batch->count > 1)
        return PUMP_FLOWS;
    if (!misfits_skip_refused(&pump->misfits, batch->records[0], &batch->err, err))
        return PUMP_STUCK;
    batch->outcomes[0] = OUTCOME_SKIPPED;
    return PUMP_FLOWS;
}

static enum pump_state settle(struct pump *pump, int64_t now_ms, struct err *err)
{
    enum pump_state worst = PUMP_FLOWS;
    for (struct batch *batch; (batch = pump->sink->next_done(pump->sink));) {
        enum pump_state state = PUMP_FLOWS;
        if (batch->err.kind == ERR_DATA)
            state = judge_refusal(pump, batch, err);
        else if (batch->err.kind != ERR_NONE)
            state = judge_failure(pump, &batch->err, now_ms, err);
        delivery_settle(pump->delivery, batch, now_ms);
        worst = state == PUMP_FLOWS ? worst : state;
    }
    return worst;
}

static enum pump_state confirm(struct pump *pump, struct moment now, struct err *err)
{
    lsn_t flushed = delivery_flushed(pump->delivery);
    bool ok = !pump->source || pump->source->confirm(pump->source, flushed, now, err);
    return ok ? PUMP_FLOWS : PUMP_SOURCE_FAILED;
}

enum pump_state pump_turn(struct pump *pump, struct moment now, struct err *err)
{
    assert(pump->source);
    pump->reading = true;
    tell_time(pump, now.wall_us);
    // What comes back makes room and lifts barriers, so it goes first: the source may hold events
    // that no descriptor would wake us for.
    enum pump_state state = settle(pump, now.now_ms, err);
    if (state == PUMP_FLOWS)
        state = take_events(pump, now.now_ms, err);
    hand_out(pump, now.now_ms);
    misfits_tell(&pump->misfits, now.now_ms);
    return state == PUMP_FLOWS ? confirm(pump, now, err) : state;
}

enum pump_state pump_drain_turn(struct pump *pump, struct moment now, struct err *err)
{
    pump->reading = false;
    pump->may_sleep = true;
    enum pump_state state = settle(pump, now.now_ms, err);
    hand_out(pump, now.now_ms);
    return state == PUMP_FLOWS ? confirm(pump, now, err) : state;
}

enum pump_state pump_settle_turn(struct pump *pump, struct moment now, struct err *err)
{
    pump->reading = false;
    pump->may_sleep = true;
    return settle(pump, now.now_ms, err);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

void pump_sleep(struct pump *pump, int64_t now_ms, int wake_fd, int64_t deadline_ms)
{
    struct wait_fd fds[WAIT_FDS_MAX] = {{.fd = wake_fd, .read = true}};
    size_t count = 1;
    bool room = pump->reading && !pump->holds && has_room(pump);
    if (pump->source) {
        count += pump->source->wait_fds(pump->source, room, fds + 1);
        deadline_ms = earlier(deadline_ms, pump->source->wake_at_ms(pump->source));
    }
    if (pump->sink->has_room(pump->sink))
        deadline_ms = earlier(deadline_ms, delivery_wake_at_ms(pump->delivery));
    int timeout_ms = pump->may_sleep ? clock_timeout_ms(now_ms, deadline_ms) : 0;
    pump->sink->wait(pump->sink, fds, count, timeout_ms);
}
