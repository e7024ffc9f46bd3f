#include "app/pump.h"

#include "base/log.h"
#include "base/wait.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/sink.h"
#include "model/source.h"

#include <assert.h>
#include <inttypes.h>

enum {
    TAKE_MAX = 2 * BATCH_RECORDS_MAX, // A turn's events: requests are handed out in between.
    HOLD_MS = 30000,                  // Until a service that refuses everything is asked again.
    FULL_FOR_MS = 1000,               // A fast server fills the buffer for an instant every time.
    COMPLAIN_EVERY_MS = 60000
};

void pump_init(
    struct pump *pump, struct sink *sink, struct delivery *delivery, size_t record_bytes_max)
{
    *pump = (struct pump){.sink = sink, .delivery = delivery};
    intake_init(&pump->intake, delivery, record_bytes_max);
}

void pump_release(struct pump *pump)
{
    intake_release(&pump->intake);
}

void pump_attach(struct pump *pump, struct source *source, lsn_t flushed, bool same_log)
{
    assert(!pump->source);
    intake_restart(&pump->intake, flushed, same_log);
    pump->holds = false;
    pump->source = source;
}

void pump_detach(struct pump *pump)
{
    pump->source = NULL;
}

static bool is_at_end(const struct pump *pump, const struct event *event)
{
    bool is_position = event->kind == EVENT_COMMIT || event->kind == EVENT_KEEPALIVE;
    return is_position && pump->end_lsn > 0 && event->end_lsn >= pump->end_lsn;
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

static size_t sink_bytes(const struct pump *pump)
{
    return pump->sink->memory_bytes(pump->sink);
}

static bool has_room(const struct pump *pump)
{
    return delivery_has_room(pump->delivery, sink_bytes(pump));
}

// Told when it lasts: the stream does not keep up, and what is not read the server has to keep.
static void tell_fullness(struct pump *pump, int64_t now_ms)
{
    if (has_room(pump))
        pump->full_since_ms = 0;
    else if (pump->full_since_ms == 0)
        pump->full_since_ms = now_ms;
    bool lasts = pump->full_since_ms > 0 && now_ms - pump->full_since_ms >= FULL_FOR_MS;
    bool told = pump->full_told_at_ms > 0 && now_ms - pump->full_told_at_ms < COMPLAIN_EVERY_MS;
    if (!lasts || told)
        return;
    pump->full_told_at_ms = now_ms;
    log_event(LOG_WARNING,
        "%zu bytes wait to be stored, no more fit (--max-memory): reading on when the stream has "
        "taken some",
        pump->delivery->memory_bytes + sink_bytes(pump));
}

// Never seen of AWS, and to be heard of when it is.
static void tell_inversions(struct pump *pump, int64_t now_ms)
{
    uint64_t inverted = pump->delivery->counts.inverted;
    bool told =
        pump->inverted_told_at_ms > 0 && now_ms - pump->inverted_told_at_ms < COMPLAIN_EVERY_MS;
    if (inverted == pump->inverted_told || told)
        return;
    log_event(LOG_WARNING,
        "the service put %" PRIu64 " records before earlier ones of the same keys, as their "
        "sequence numbers say: they are sent again",
        inverted - pump->inverted_told);
    pump->inverted_told = inverted;
    pump->inverted_told_at_ms = now_ms;
}

static enum pump_state take_events(struct pump *pump, int64_t now_ms, struct err *err)
{
    size_t in_sink_bytes = sink_bytes(pump); // Nothing is handed out meanwhile.
    for (int taken = 0; taken < TAKE_MAX; taken++) {
        pump->may_sleep = true;
        if (!delivery_has_room(pump->delivery, in_sink_bytes))
            return PUMP_FLOWS;
        enum pump_state state = hold_next(pump, now_ms, err);
        if (state != PUMP_FLOWS || !pump->holds || intake_must_wait(&pump->intake, &pump->held))
            return state;
        pump->holds = false;
        if (!intake_take(&pump->intake, &pump->held, err))
            return PUMP_STUCK;
        if (is_at_end(pump, &pump->held))
            return PUMP_REACHED_END;
    }
    pump->may_sleep = false;
    return PUMP_FLOWS;
}

static void hand_out(struct pump *pump, int64_t now_ms)
{
    pump->sending = true;
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
    if (!misfits_skip_refused(&pump->intake.misfits, batch->records[0], &batch->err, err))
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
    intake_tell_time(&pump->intake, now.wall_us);
    // What comes back makes room and lifts barriers, so it goes first: the source may hold events
    // that no descriptor would wake us for.
    enum pump_state state = settle(pump, now.now_ms, err);
    if (state == PUMP_FLOWS)
        state = take_events(pump, now.now_ms, err);
    hand_out(pump, now.now_ms);
    intake_tell(&pump->intake, now.now_ms);
    tell_fullness(pump, now.now_ms);
    tell_inversions(pump, now.now_ms);
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
    pump->sending = false;
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
    if (pump->sending && pump->sink->has_room(pump->sink))
        deadline_ms = earlier(deadline_ms, delivery_wake_at_ms(pump->delivery));
    int timeout_ms = pump->may_sleep ? clock_timeout_ms(now_ms, deadline_ms) : 0;
    pump->sink->wait(pump->sink, fds, count, timeout_ms);
}
