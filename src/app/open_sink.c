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
    DESCRIBE_AGAIN_AFTER_MS = 500
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

// https://docs.aws.amazon.com/streams/latest/dev/service-managed-pk-producing-behavior.html
static bool keeps_order(const struct stream_facts *facts, struct err *err)
{
    if (!facts->distribution_auto)
        return true;
    err_set(err, ERR_OPERATOR,
        "it places records regardless of their partition keys, so changes of a row would not stay "
        "in order");
    return err_hint(err, "set its RecordDistributionStrategy to USER_PARTITION_KEY");
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
    if (!describe(kinesis, &facts, err) || !keeps_order(&facts, err)) {
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
    opened->record_bytes_max = facts.record_bytes_max;
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
