#include "app/lifecycle.h"

#include "app/exit_status.h"
#include "app/signals.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/config.h"
#include "model/sink.h"
#include "model/source.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    // What is not drained by then is delivered by the next run; most supervisors kill after 30 s.
    DRAIN_WITHIN_MS = 20000,
    HEALTHY_AFTER_MS = 60000
};

static const struct backoff reconnect_backoff = {.first_ms = 500, .most_ms = 30000};

static void detach(struct lifecycle *life)
{
    if (!life->source)
        return;
    life->source->free(life->source);
    life->source = NULL;
    pump_detach(&life->pump);
}

static enum lifecycle_state leave_with(struct lifecycle *life, int status)
{
    life->exit_status = status;
    return LIFECYCLE_EXIT;
}

// Before the first stream of a run an error is for the one who started it; later the slot is held
// and we try again, but for what no retry can help.
static enum lifecycle_state fail_to_connect(struct lifecycle *life, const struct err *err)
{
    if (signals_ask_to_leave())
        return leave_with(life, EXIT_STATUS_CLEAN);
    bool first = !life->place.streamed;
    bool patient = !first || (life->config->retry_initial && err->kind == ERR_RETRY);
    if (err->kind == ERR_USAGE || err->kind == ERR_FINAL || !patient) {
        log_event(LOG_ERROR, "%s", err->text);
        return leave_with(life, exit_status_of(err->kind));
    }
    log_event(LOG_WARNING, "%s", err->text);
    return LIFECYCLE_BACKOFF;
}

static bool is_same_log(const struct replication_place *a, const struct replication_place *b)
{
    return strcmp(a->system_id, b->system_id) == 0 && a->timeline == b->timeline;
}

static enum lifecycle_state connect_step(struct lifecycle *life)
{
    struct err err;
    lsn_t server_position = 0;
    struct replication_place before = life->place;
    life->place.flushed = delivery_flushed(&life->delivery);
    life->source = replication_open(
        &life->replication, &life->place, &server_position, &life->sink.waiter.base, &err);
    if (!life->source)
        return fail_to_connect(life, &err);

    pump_attach(&life->pump, life->source, life->place.flushed, is_same_log(&before, &life->place));
    if (life->config->endpos_kind == ENDPOS_NOW && life->pump.end_lsn == 0)
        life->pump.end_lsn = server_position;
    life->connected_at_ms = clock_now_ms();
    life->stored_before = life->delivery.counts.stored;
    log_event(LOG_INFO, "streaming from slot \"%s\" at " LSN_FMT " to %s", life->replication.slot,
        LSN_ARG(life->place.flushed), life->sink.name);
    return LIFECYCLE_STREAM;
}

static enum lifecycle_state begin_drain(struct lifecycle *life, int status, int64_t until_ms)
{
    life->exit_status = status;
    life->drain_until_ms = until_ms;
    return LIFECYCLE_DRAIN;
}

static enum lifecycle_state lose_connection(struct lifecycle *life, const struct err *err)
{
    if (err->kind == ERR_DATA || err->kind == ERR_FINAL) {
        // What the server says makes no sense to us, and it would say the same again.
        log_event(LOG_ERROR, "%s", err->text);
        return leave_with(life, EXIT_STATUS_FINAL);
    }
    log_event(LOG_WARNING, "the stream broke off, connecting again: %s", err->text);
    detach(life);
    return LIFECYCLE_SETTLE;
}

// The first reason to end is the one that is told; what else is queued may still be delivered.
static void note_stuck(struct lifecycle *life, const struct err *err)
{
    if (life->exit_status != EXIT_STATUS_CLEAN)
        return;
    log_event(LOG_ERROR, "%s", err->text);
    life->exit_status = exit_status_of(err->kind);
}

// A connection that brought something along was worth its while, however short: to wait longer for
// each next one would make a stream that is cut again and again fall behind for ever.
static bool connection_is_healthy(const struct lifecycle *life, int64_t now_ms)
{
    return life->delivery.counts.stored > life->stored_before ||
           now_ms - life->connected_at_ms > HEALTHY_AFTER_MS;
}

static enum lifecycle_state stream_step(struct lifecycle *life)
{
    struct err err;
    struct moment now = clock_moment();
    if (signals_ask_to_leave()) {
        log_event(LOG_INFO, "leaving: delivering what was taken");
        return begin_drain(life, EXIT_STATUS_CLEAN, now.now_ms + DRAIN_WITHIN_MS);
    }
    switch (pump_turn(&life->pump, now, &err)) {
    case PUMP_FLOWS:
        break;
    case PUMP_REACHED_END:
        return begin_drain(life, EXIT_STATUS_CLEAN, CLOCK_NEVER_MS);
    case PUMP_SERVER_ENDED:
        err_set(&err, ERR_RETRY, "the server ended the stream"); // fall through
    case PUMP_SOURCE_FAILED:
        return lose_connection(life, &err);
    case PUMP_REFUSED:
        log_event(LOG_ERROR, "%s", err.text);
        return leave_with(life, EXIT_STATUS_OPERATOR);
    case PUMP_STUCK:
        note_stuck(life, &err);
        return begin_drain(life, life->exit_status, now.now_ms + DRAIN_WITHIN_MS);
    }
    stream_watch_turn(&life->sink.watch, &life->pump, now.now_ms);
    progress_tell(&life->progress, &life->pump, now.now_ms);
    if (connection_is_healthy(life, now.now_ms))
        life->attempts = 0;
    pump_sleep(&life->pump, now.now_ms, signals_fd(), stream_watch_wake_at_ms(&life->sink.watch));
    return LIFECYCLE_STREAM;
}

static enum lifecycle_state leave(struct lifecycle *life)
{
    life->source->leave(
        life->source, delivery_flushed(&life->delivery), &life->sink.last_waiter.base);
    return LIFECYCLE_EXIT;
}

static enum lifecycle_state drain_step(struct lifecycle *life)
{
    struct err err;
    struct moment now = clock_moment();
    switch (pump_drain_turn(&life->pump, now, &err)) {
    case PUMP_FLOWS:
        break;
    case PUMP_STUCK:
        note_stuck(life, &err);
        break;
    case PUMP_REFUSED:
        note_stuck(life, &err);
        return leave(life);
    default:
        return lose_connection(life, &err);
    }
    stream_watch_turn(&life->sink.watch, &life->pump, now.now_ms);
    if (delivery_is_drained(&life->delivery))
        return leave(life);
    if (signals_ask_to_leave() && life->drain_until_ms == CLOCK_NEVER_MS)
        life->drain_until_ms = now.now_ms + DRAIN_WITHIN_MS;
    if (now.now_ms >= life->drain_until_ms) {
        log_event(LOG_WARNING, "leaving with records undelivered: the next run delivers them");
        return leave(life);
    }
    // The signal that brought us here stays readable: it is no longer listened to.
    int wake_fd = signals_ask_to_leave() ? -1 : signals_fd();
    int64_t watch_ms = stream_watch_wake_at_ms(&life->sink.watch);
    pump_sleep(&life->pump, now.now_ms, wake_fd,
        watch_ms < life->drain_until_ms ? watch_ms : life->drain_until_ms);
    return LIFECYCLE_DRAIN;
}

// Each request ends by itself within its timeout.
static enum lifecycle_state settle_step(struct lifecycle *life)
{
    struct err err;
    struct moment now = clock_moment();
    // A sink that refuses for good may have written half a line, which nothing may be added to.
    if (pump_settle_turn(&life->pump, now, &err) == PUMP_REFUSED)
        note_stuck(life, &err);
    // A run that is stuck does not connect again: the reason for that would not come again.
    bool ends = signals_ask_to_leave() || life->exit_status != EXIT_STATUS_CLEAN;
    // Nor is there anyone to confirm to what comes back: who leaves need not wait for it.
    if (ends)
        return LIFECYCLE_EXIT;
    if (!delivery_is_in_flight(&life->delivery))
        return LIFECYCLE_BACKOFF;
    pump_sleep(&life->pump, now.now_ms, signals_fd(), CLOCK_NEVER_MS);
    return LIFECYCLE_SETTLE;
}

static enum lifecycle_state backoff_step(struct lifecycle *life)
{
    int64_t now_ms = clock_now_ms();
    int64_t until_ms = now_ms + backoff_wait_ms(reconnect_backoff, ++life->attempts, &life->random);
    while (clock_now_ms() < until_ms)
        if (!life->sink.waiter.base.sleep_until(&life->sink.waiter.base, NULL, 0, until_ms))
            return LIFECYCLE_EXIT;
    return LIFECYCLE_CONNECT;
}

static enum lifecycle_state take_step(struct lifecycle *life)
{
    switch (life->state) {
    case LIFECYCLE_CONNECT:
        return connect_step(life);
    case LIFECYCLE_STREAM:
        return stream_step(life);
    case LIFECYCLE_DRAIN:
        return drain_step(life);
    case LIFECYCLE_SETTLE:
        return settle_step(life);
    case LIFECYCLE_BACKOFF:
        return backoff_step(life);
    case LIFECYCLE_EXIT:
        break;
    }
    return LIFECYCLE_EXIT;
}

static struct replication_options slot_options(const struct config *config, char name[64])
{
    snprintf(name, 64, "%s", config->slot);
    if (config->dry_run && !config->slot_is_named)
        snprintf(name, 64, "pg_kinesis_dry_run_%d", getpid());
    return (struct replication_options){
        .source = config->source,
        .slot = name,
        .selection = &config->selection,
        .plugin = config->plugin,
        .messages = config->messages,
        .publications = &config->publications,
        .create = config->create,
        .temporary = config->dry_run,
        .never_confirm = config->dry_run,
        .ask_often = config->endpos_kind != ENDPOS_NONE,
    };
}

void lifecycle_init(struct lifecycle *life, const struct config *config,
    const struct open_sink *sink, uint64_t seed)
{
    *life = (struct lifecycle){
        .config = config,
        .sink = *sink,
        .random = random_from(seed),
        .state = LIFECYCLE_CONNECT,
        .exit_status = EXIT_STATUS_CLEAN,
    };
    life->replication = slot_options(config, life->slot_name);
    struct delivery_options delivery = sink->delivery;
    delivery.memory_bytes_max = config->memory_bytes_max;
    delivery.linger_ms = config->linger_ms;
    delivery.seed = seed;
    delivery_init(&life->delivery, delivery, 0);
    pump_init(&life->pump, sink->sink, &life->delivery, sink->record_bytes_max);
    life->pump.intake.takes_messages = config->messages;
    life->pump.intake.frame.fields = config->fields;
    life->pump.end_lsn = config->endpos_kind == ENDPOS_LSN ? config->endpos : 0;
    progress_init(&life->progress, clock_now_ms());
}

bool lifecycle_step(struct lifecycle *life)
{
    life->state = take_step(life);
    return life->state != LIFECYCLE_EXIT;
}

int lifecycle_release(struct lifecycle *life)
{
    if (life->place.streamed)
        progress_sum_up(&life->pump);
    detach(life);
    life->sink.sink->free(life->sink.sink);
    pump_release(&life->pump);
    delivery_release(&life->delivery);
    return life->exit_status;
}
