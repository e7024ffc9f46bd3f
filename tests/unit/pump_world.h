// pump_world - a pump between a source and a sink that do what the test says.
#ifndef PGK_TESTS_PUMP_WORLD_H
#define PGK_TESTS_PUMP_WORLD_H

#include "cmocka_prelude.h"

#include "app/pump.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/relation.h"
#include "model/sink.h"
#include "model/source.h"

#include <stdlib.h>
#include <string.h>

enum {
    SCRIPT_MAX = 16,
    RECORD_BYTES_MAX = 400,
    ROOMY = 1 << 20
};

// A source that says what stands in its script, then waits.
struct scripted_source {
    struct source base;
    struct event script[SCRIPT_MAX];
    size_t length;
    size_t given;
    enum source_state after; // What next() answers behind the script.
    lsn_t confirmed;
    bool was_reading; // What the last wait_fds() was told.
    bool flows;
};

static enum source_state source_next(
    struct source *base, int64_t now_ms, struct event *event, struct err *err)
{
    (void)now_ms;
    struct scripted_source *source = (struct scripted_source *)base;
    if (source->given == source->length) {
        if (source->after == SOURCE_FAILED)
            err_set(err, ERR_RETRY, "the connection is lost");
        return source->after;
    }
    *event = source->script[source->given++];
    return SOURCE_EVENT;
}

static bool source_confirm(struct source *base, lsn_t flushed, struct moment now, struct err *err)
{
    (void)now;
    (void)err;
    struct scripted_source *source = (struct scripted_source *)base;
    assert_true(flushed >= source->confirmed);
    source->confirmed = flushed;
    return true;
}

static size_t source_wait_fds(struct source *base, bool reading, struct wait_fd *fds)
{
    (void)fds;
    ((struct scripted_source *)base)->was_reading = reading;
    return 0;
}

static bool source_flows(const struct source *base)
{
    return ((const struct scripted_source *)base)->flows;
}

static int64_t source_wake_at_ms(const struct source *base)
{
    (void)base;
    return CLOCK_NEVER_MS;
}

// A sink that keeps what it is given until the test says what became of it.
struct scripted_sink {
    struct sink base;
    struct batch *taken;
    struct batch *done;
    int slept_ms; // What the last wait() was told; -1: without end.
};

static bool sink_has_room(const struct sink *base)
{
    const struct scripted_sink *sink = (const struct scripted_sink *)base;
    return !sink->taken && !sink->done;
}

static void sink_submit(struct sink *base, struct batch *batch)
{
    ((struct scripted_sink *)base)->taken = batch;
}

static struct batch *sink_next_done(struct sink *base)
{
    struct scripted_sink *sink = (struct scripted_sink *)base;
    struct batch *batch = sink->done;
    sink->done = NULL;
    return batch;
}

static size_t sink_memory_bytes(const struct sink *sink)
{
    (void)sink;
    return 0;
}

static void sink_wait(struct sink *base, struct wait_fd *fds, size_t count, int timeout_ms)
{
    (void)fds;
    (void)count;
    ((struct scripted_sink *)base)->slept_ms = timeout_ms;
}

// A pump between the two, and a table that it carries changes of.
struct world {
    struct scripted_source source;
    struct scripted_sink sink;
    struct delivery delivery;
    struct pump pump;
    struct relation *relation;
    const struct relation *relations[1];
    struct datum row[1];
    char value[2 * RECORD_BYTES_MAX];
    struct moment now;
    struct err err;
};

static struct world *world_with_memory(size_t memory_bytes_max)
{
    struct world *world = calloc(1, sizeof *world);
    world->source.base = (struct source){
        .next = source_next,
        .confirm = source_confirm,
        .wait_fds = source_wait_fds,
        .flows = source_flows,
        .wake_at_ms = source_wake_at_ms,
    };
    world->source.after = SOURCE_WAIT;
    world->sink.base = (struct sink){
        .has_room = sink_has_room,
        .submit = sink_submit,
        .next_done = sink_next_done,
        .memory_bytes = sink_memory_bytes,
        .wait = sink_wait,
    };
    const struct column column = {.name = STR("id"), .quoted = STR("id"), .type = STR("integer")};
    const struct relation shown = {.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = &column,
        .column_count = 1};
    world->relation = relation_new(&shown);
    relation_set_key(world->relation, &(struct str){"id", 2}, 1);
    world->relation->plan = PLAN_SEND;
    world->relations[0] = world->relation;
    world->now = (struct moment){.now_ms = 1000};

    const struct delivery_options options = {.lane_bits = LANE_BITS_MAX,
        .packing = PACKING_ONE_OF_A_LANE,
        .memory_bytes_max = memory_bytes_max};
    delivery_init(&world->delivery, options, 0);
    pump_init(&world->pump, &world->sink.base, &world->delivery, RECORD_BYTES_MAX);
    pump_attach(&world->pump, &world->source.base, 0, false);
    return world;
}

static struct world *world_new(void)
{
    return world_with_memory(ROOMY);
}

static void world_free(struct world *world)
{
    batch_free(world->sink.taken);
    batch_free(world->sink.done);
    pump_release(&world->pump);
    delivery_release(&world->delivery);
    relation_free(world->relation);
    free(world);
}

static void say(struct world *world, struct event event)
{
    assert_true(world->source.length < SCRIPT_MAX);
    world->source.script[world->source.length++] = event;
}

static void say_begin(struct world *world)
{
    say(world, (struct event){.kind = EVENT_BEGIN, .txn = {.xid = 7}});
}

static void say_commit(struct world *world, lsn_t end_lsn)
{
    say(world, (struct event){.kind = EVENT_COMMIT, .end_lsn = end_lsn});
}

static void say_keepalive(struct world *world, lsn_t end_lsn)
{
    say(world, (struct event){.kind = EVENT_KEEPALIVE, .end_lsn = end_lsn});
}

static struct event insert(struct world *world)
{
    if (!world->row[0].text.ptr)
        world->row[0] = (struct datum){.kind = DATUM_TEXT, .text = STR("1")};
    return (struct event){
        .kind = EVENT_CHANGE,
        .txn = {.xid = 7},
        .change = {.relation = world->relation,
            .operation = OPERATION_INSERT,
            .new_row = world->row},
    };
}

static void say_insert(struct world *world)
{
    say(world, insert(world));
}

static void say_truncate(struct world *world)
{
    say(world, (struct event){.kind = EVENT_TRUNCATE,
                   .txn = {.xid = 7},
                   .truncate = {.relations = world->relations, .count = 1}});
}

static enum pump_state turn(struct world *world)
{
    return pump_turn(&world->pump, world->now, &world->err);
}

static size_t in_flight(const struct world *world)
{
    return world->sink.taken ? world->sink.taken->count : 0;
}

static void answer(struct world *world, enum outcome outcome, enum err_kind kind)
{
    struct batch *batch = world->sink.taken;
    assert_non_null(batch);
    for (size_t i = 0; i < batch->count; i++)
        batch->outcomes[i] = outcome;
    batch->err = (struct err){.kind = ERR_NONE};
    if (kind != ERR_NONE)
        err_set(&batch->err, kind, "the service says no");
    world->sink.done = batch;
    world->sink.taken = NULL;
}

static void store(struct world *world)
{
    answer(world, OUTCOME_STORED, ERR_NONE);
}

static struct str data_in_flight(const struct world *world)
{
    assert_int_equal(in_flight(world), 1);
    return record_data(world->sink.taken->records[0]);
}

static bool shows(struct str data, const char *phrase)
{
    return memmem(data.ptr, data.len, phrase, strlen(phrase)) != NULL;
}

#endif
