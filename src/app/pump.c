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
    // Events of a turn: a request of them is handed out while its records are still in the caches.
    TAKE_MAX = BATCH_RECORDS_MAX,
    FULL_FOR_MS = 1000 // A fast server fills the buffer for an instant every time.
};

void pump_init(
    struct pump *pump, struct sink *sink, struct delivery *delivery, size_t record_bytes_max)
{
    *pump = (struct pump){.sink = sink, .delivery = delivery};
    intake_init(&pump->intake, delivery, record_bytes_max);
    trouble_init(&pump->trouble, delivery, &pump->intake.misfits, sink);
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
    if (!lasts || !once_a_minute(&pump->full_warning, now_ms))
        return;
    log_event(LOG_WARNING,
        "%zu bytes wait to be stored, no more fit (--max-memory): reading on when the stream has "
        "taken some",
        pump->delivery->memory_bytes + sink_bytes(pump));
}

// Never seen of AWS, and to be heard of when it is.
static void tell_inversions(struct pump *pump, int64_t now_ms)
{
    uint64_t inverted = pump->delivery->counts.inverted;
    if (inverted == pump->inverted_told || !once_a_minute(&pump->inverted_warning, now_ms))
        return;
    log_event(LOG_WARNING,
        "the service put %" PRIu64 " records before earlier ones of the same keys, as their "
        "sequence numbers say: they are sent again",
        inverted - pump->inverted_told);
    pump->inverted_told = inverted;
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

static bool more_comes(const struct pump *pump)
{
    return pump->reading && (!pump->may_sleep || pump->source->flows(pump->source));
}

static void hand_out(struct pump *pump, int64_t now_ms)
{
    pump->sending = !pump->suspended;
    delivery_expect_more(pump->delivery, more_comes(pump));
    while (pump->sending && pump->sink->has_room(pump->sink)) {
        struct batch *batch = delivery_next_batch(pump->delivery, now_ms);
        if (!batch)
            return;
        pump->sink->submit(pump->sink, batch);
    }
}

static enum pump_state state_of(enum trouble_verdict verdict)
{
    switch (verdict) {
    case TROUBLE_REFUSED:
        return PUMP_REFUSED;
    case TROUBLE_STUCK:
        return PUMP_STUCK;
    default:
        return PUMP_FLOWS;
    }
}

static enum pump_state settle(struct pump *pump, int64_t now_ms, struct err *err)
{
    enum pump_state worst = PUMP_FLOWS;
    for (struct batch *batch; (batch = pump->sink->next_done(pump->sink));) {
        enum pump_state state = state_of(trouble_judge(&pump->trouble, batch, now_ms, err));
        delivery_settle(pump->delivery, batch, now_ms);
        trouble_look(&pump->trouble);
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
