#include "app/open_sink.h"

#include "app/stdout_sink.h"
#include "base/clock.h"
#include "base/log.h"
#include "kinesis/kinesis_sink.h"
#include "model/aggregate.h"
#include "model/batch.h"
#include "model/config.h"
#include "model/sink.h"

#include <stdio.h>
#include <unistd.h>

enum {
    AGGREGATE_LANES = 64,
    LANES_OF_A_SHARD = 8, // With fewer, borders of shards give some a lane more than others.
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
        if (tries == 1)
            log_event(LOG_WARNING, "cannot look at the stream, trying again: %s", err->text);
    }
}

static unsigned lane_bits_of(const struct config *config)
{
    size_t lanes = config->lanes > 0 ? config->lanes : AGGREGATE_LANES;
    return (unsigned)__builtin_ctzll(lanes);
}

static struct delivery_options delivery_to_kinesis(
    const struct config *config, const struct stream_facts *facts)
{
    struct delivery_options options = {
        .lane_bits = config->aggregate ? lane_bits_of(config) : LANE_BITS_MAX,
        .spread_bits = config->order == ORDER_NONE ? SPREAD_BITS : 0,
        .packing = PACKING_ONE_OF_A_LANE,
    };
    bool is_small = facts->record_bytes_max < AGGREGATE_BYTES_MAX;
    if (config->aggregate)
        options.entry_bytes_max = is_small ? facts->record_bytes_max : AGGREGATE_BYTES_MAX;
    return options;
}

static void tell_lanes(const struct config *config, const struct stream_facts *facts)
{
    size_t lanes = (size_t)1 << lane_bits_of(config);
    log_event(LOG_INFO,
        "aggregating rows in %zu lanes: as long as consumers have records to read, start with "
        "--aggregate --lanes %zu",
        lanes, lanes);
    if (lanes < LANES_OF_A_SHARD * facts->open_shards)
        log_event(LOG_WARNING,
            "%zu lanes for %zu open shards: with fewer than %d a shard some shards are given much "
            "more than others",
            lanes, facts->open_shards, LANES_OF_A_SHARD);
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
        .lane_bits = config->aggregate ? lane_bits_of(config) : 0,
    };
    struct kinesis_sink *kinesis = kinesis_sink_new(&options, err);
    if (!kinesis)
        return false;
    struct stream_facts facts;
    opened->sink = kinesis_sink_base(kinesis);
    if (!describe(kinesis, &facts, err) || !stream_keeps_order(&facts, config, err)) {
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
    if (config->aggregate)
        tell_lanes(config, &facts);
    opened->delivery = delivery_to_kinesis(config, &facts);
    opened->record_bytes_max = facts.record_bytes_max;
    opened->watch = (struct stream_watch){.kinesis = kinesis, .config = config, .facts = facts};
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
