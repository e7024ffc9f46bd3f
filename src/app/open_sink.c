#include "app/open_sink.h"

#include "app/stdout_sink.h"
#include "base/clock.h"
#include "base/log.h"
#include "kinesis/kinesis_sink.h"
#include "model/batch.h"
#include "model/config.h"
#include "model/sink.h"

#include <stdio.h>
#include <unistd.h>

enum {
    DESCRIBE_TRIES_MAX = 3,
    DESCRIBE_AGAIN_AFTER_MS = 500,
    // Without order: 64 records of a key at the same time are more than its shard takes in a round
    // trip, and 256 parts of the hash range still tell a stream's shards from one another.
    SPREAD_BITS = 6
};

// One lane, in order: lines come out as commits came in.
static void open_stdout(struct open_sink *opened)
{
    opened->sink = stdout_sink_new(STDOUT_FILENO);
    opened->delivery = (struct delivery_options){.lane_bits = 0, .packing = PACKING_IN_ORDER};
    opened->record_bytes_max = BATCH_BYTES_MAX;
    snprintf(opened->name, sizeof opened->name, "standard output");
}

static bool await_description(
    struct kinesis_sink *kinesis, struct stream_facts *facts, struct err *err)
{
    struct sleeper sleeper = sleeper_of(kinesis_sink_base(kinesis));
    kinesis_sink_describe_start(kinesis);
    for (;;) {
        enum step step = kinesis_sink_describe_step(kinesis, facts, err);
        if (step != STEP_BUSY)
            return step == STEP_DONE;
        if (!sleeper.base.sleep_until(&sleeper.base, NULL, 0, CLOCK_NEVER_MS))
            return err_set(err, ERR_RETRY, "interrupted");
    }
}

// What passes by itself, and a clock whose error the first refusal tells, need not end the program.
static bool describe(struct kinesis_sink *kinesis, struct stream_facts *facts, struct err *err)
{
    struct sleeper sleeper = sleeper_of(kinesis_sink_base(kinesis));
    for (int tries = 1;; tries++) {
        if (await_description(kinesis, facts, err))
            return true;
        int64_t until_ms = clock_now_ms() + DESCRIBE_AGAIN_AFTER_MS;
        bool passes = err->kind == ERR_RETRY && tries < DESCRIBE_TRIES_MAX;
        if (!passes || !sleeper.base.sleep_until(&sleeper.base, NULL, 0, until_ms))
            return false;
    }
}

static bool open_kinesis(struct open_sink *opened, const struct config *config, struct err *err)
{
    struct kinesis_options options = {
        .stream = str_from_c(config->stream),
        .endpoint_url = str_from_c(config->endpoint_url),
        .region = str_from_c(config->region),
        .profile = str_from_c(config->profile),
        .insecure_endpoint = config->insecure_endpoint,
        .wire = config->wire,
    };
    struct kinesis_sink *kinesis = kinesis_sink_new(&options, err);
    if (!kinesis)
        return false;
    struct stream_facts facts;
    opened->sink = kinesis_sink_base(kinesis);
    if (!describe(kinesis, &facts, err) || !stream_keeps_order(&facts, config->order, err)) {
        err_wrap(err, "cannot use stream \"%s\" in region %s", config->stream,
            kinesis_sink_region(kinesis));
        opened->sink->free(opened->sink);
        return false;
    }
    if (!facts.described)
        log_event(LOG_WARNING,
            "stream \"%s\" may not be described: taking records of up to 1 MiB; allow "
            "kinesis:DescribeStreamSummary to have its own limit",
            config->stream);
    opened->delivery =
        (struct delivery_options){.lane_bits = LANE_BITS_MAX, .packing = PACKING_ONE_OF_A_LANE};
    opened->delivery.spread_bits = config->order == ORDER_NONE ? SPREAD_BITS : 0;
    opened->record_bytes_max = facts.record_bytes_max;
    opened->watch =
        (struct stream_watch){.kinesis = kinesis, .order = config->order, .facts = facts};
    snprintf(opened->name, sizeof opened->name, "stream \"%s\" at %s", config->stream,
        kinesis_sink_url(kinesis));
    return true;
}

bool open_sink(struct open_sink *opened, const struct config *config, struct err *err)
{
    *opened = (struct open_sink){.sink = NULL};
    bool local = config->to_stdout || config->dry_run;
    if (local)
        open_stdout(opened);
    else if (!open_kinesis(opened, config, err))
        return false;
    opened->waiter = sleeper_of(opened->sink);
    opened->last_waiter = sleeper_to_the_end();
    return true;
}
