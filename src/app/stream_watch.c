#include "app/stream_watch.h"

#include "app/pump.h"
#include "base/clock.h"
#include "base/log.h"
#include "kinesis/kinesis_sink.h"
#include "model/config.h"

enum {
    ASK_EVERY_MS = 60000,
    ASK_SOONER_MS = 30000, // While nothing is sent for what the stream is.
    ASK_LATER_MS = 3600000 // Where it may not be asked.
};

// https://docs.aws.amazon.com/streams/latest/dev/service-managed-pk-kpl-aggregation.html
bool stream_keeps_order(
    const struct stream_facts *facts, const struct config *config, struct err *err)
{
    if (!facts->distribution_auto || config->order == ORDER_NONE)
        return true;
    err_set(err, ERR_OPERATOR,
        "it places records regardless of their partition keys, so changes of a row would not stay "
        "in order%s",
        config->aggregate ? ", and consumers would drop aggregates without a word" : "");
    return err_hint(err, "set its RecordDistributionStrategy to USER_PARTITION_KEY, or start %s",
        config->aggregate ? "without --aggregate and with --order none"
                          : "with --order none where no order is needed");
}

static void look_at_limit(struct stream_watch *watch, struct pump *pump, size_t record_bytes_max)
{
    if (record_bytes_max == watch->facts.record_bytes_max)
        return;
    log_event(LOG_INFO, "the stream takes records of up to %zu bytes now", record_bytes_max);
    intake_bound_records(&pump->intake, record_bytes_max);
}

static void look_at_order(
    struct stream_watch *watch, struct pump *pump, const struct stream_facts *facts, int64_t now_ms)
{
    struct err err;
    if (stream_keeps_order(facts, watch->config, &err)) {
        if (pump->suspended)
            log_event(LOG_INFO, "the stream keeps order again: sending on");
        pump->suspended = false;
        return;
    }
    pump->suspended = true;
    if (!once_a_minute(&watch->warning, now_ms))
        return;
    err_wrap(&err, "nothing is sent to the stream");
    log_event(LOG_WARNING, "%s", err.text);
}

static int64_t interval_ms(const struct stream_watch *watch, const struct pump *pump)
{
    if (pump->suspended)
        return ASK_SOONER_MS;
    return watch->facts.described ? ASK_EVERY_MS : ASK_LATER_MS;
}

static void take_answer(struct stream_watch *watch, struct pump *pump, int64_t now_ms)
{
    struct stream_facts facts;
    struct err err;
    enum step step = kinesis_sink_describe_step(watch->kinesis, &facts, &err);
    if (step == STEP_BUSY)
        return;
    if (step == STEP_FAILED)
        log_event(LOG_DEBUG, "cannot look at the stream: %s", err.text);
    if (step == STEP_DONE && facts.described) {
        look_at_limit(watch, pump, facts.record_bytes_max);
        look_at_order(watch, pump, &facts, now_ms);
        watch->facts = facts;
    }
    watch->asking = false;
    watch->ask_at_ms = now_ms + interval_ms(watch, pump);
}

void stream_watch_turn(struct stream_watch *watch, struct pump *pump, int64_t now_ms)
{
    if (!watch->kinesis)
        return;
    if (watch->ask_at_ms == 0)
        watch->ask_at_ms = now_ms + interval_ms(watch, pump);
    if (watch->asking) {
        take_answer(watch, pump, now_ms);
    } else if (now_ms >= watch->ask_at_ms) {
        kinesis_sink_describe_start(watch->kinesis);
        watch->asking = true;
    }
}

int64_t stream_watch_wake_at_ms(const struct stream_watch *watch)
{
    return watch->kinesis && !watch->asking ? watch->ask_at_ms : CLOCK_NEVER_MS;
}
