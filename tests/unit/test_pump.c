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
    const struct column column = {STR("id"), STR("id"), STR("integer"), 0};
    const struct relation shown = {.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = &column,
        .column_count = 1};
    world->relation = relation_new(&shown);
    relation_set_key(world->relation, &(struct str){"id", 2}, 1);
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

static void batch_free(struct batch *batch)
{
    for (size_t i = 0; batch && i < batch->count; i++)
        record_free(batch->records[i]);
    free(batch);
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

static void a_transaction_is_confirmed_once_it_is_stored(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);

    assert_int_equal(turn(world), PUMP_FLOWS);
    assert_int_equal(in_flight(world), 1);
    assert_true(world->source.confirmed == 0);

    store(world);
    assert_int_equal(turn(world), PUMP_FLOWS);
    assert_true(world->source.confirmed == 100);
    assert_int_equal(world->pump.intake.counts.changes, 1);
    world_free(world);
}

static void a_keepalive_is_confirmed_only_when_nothing_is_owed(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_keepalive(world, 50);
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);
    say_keepalive(world, 200);

    turn(world);
    assert_true(world->source.confirmed == 50);

    store(world);
    turn(world);
    assert_true(world->source.confirmed == 200);
    world_free(world);
}

static void a_truncate_waits_for_what_came_before_and_holds_what_comes_after(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_begin(world);
    say_insert(world);
    say_truncate(world);
    say_insert(world);
    say_commit(world, 100);

    turn(world);
    assert_true(shows(data_in_flight(world), "INSERT"));
    turn(world);
    assert_true(shows(data_in_flight(world), "INSERT"));

    store(world);
    turn(world);
    assert_true(shows(data_in_flight(world), "TRUNCATE"));

    store(world);
    turn(world);
    assert_true(shows(data_in_flight(world), "INSERT"));
    assert_true(world->source.confirmed == 0);

    store(world);
    turn(world);
    assert_true(world->source.confirmed == 100);
    world_free(world);
}

static void a_change_under_a_new_key_waits_for_the_old_ones(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct event changed = insert(world);
    changed.key_changed = true;
    say_begin(world);
    say_insert(world);
    say(world, changed);
    say_commit(world, 100);

    turn(world);
    turn(world);
    assert_int_equal(world->pump.intake.counts.changes, 1);

    store(world);
    turn(world);
    assert_int_equal(world->pump.intake.counts.changes, 2);
    assert_int_equal(in_flight(world), 1);
    world_free(world);
}

static void a_commit_at_the_end_position_ends_it(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->pump.end_lsn = 150;
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);
    say_begin(world);
    say_insert(world);
    say_commit(world, 200);
    say_begin(world);

    assert_int_equal(turn(world), PUMP_REACHED_END);
    assert_int_equal(world->source.given, 6);

    store(world);
    assert_int_equal(pump_drain_turn(&world->pump, world->now, &world->err), PUMP_FLOWS);
    store(world);
    assert_int_equal(pump_drain_turn(&world->pump, world->now, &world->err), PUMP_FLOWS);
    assert_true(world->source.confirmed == 200);
    world_free(world);
}

static void a_keepalive_at_the_end_position_ends_it_too(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->pump.end_lsn = 150;
    say_keepalive(world, 149);
    say_keepalive(world, 150);

    assert_int_equal(turn(world), PUMP_REACHED_END);
    world_free(world);
}

static void a_record_too_large_stops_it_and_names_no_value(void **state)
{
    (void)state;
    struct world *world = world_new();
    memset(world->value, '7', sizeof world->value);
    world->row[0] = (struct datum){.kind = DATUM_TEXT, .text = {world->value, sizeof world->value}};
    say_begin(world);
    say_insert(world);

    assert_int_equal(turn(world), PUMP_STUCK);
    assert_int_equal(world->err.kind, ERR_FINAL);
    assert_non_null(strstr(world->err.text, "public.t"));
    assert_null(strstr(world->err.text, "77777777"));
    assert_int_equal(in_flight(world), 0);
    world_free(world);
}

static void what_the_service_refuses_at_first_is_for_the_operator(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);
    turn(world);

    answer(world, OUTCOME_FAILED, ERR_OPERATOR);

    assert_int_equal(turn(world), PUMP_REFUSED);
    assert_non_null(strstr(world->err.text, "the service says no"));
    assert_true(world->source.confirmed == 0);
    world_free(world);
}

static void what_it_refuses_later_is_held_and_asked_again(void **state)
{
    (void)state;
    struct world *world = world_new();
    for (lsn_t end = 100; end <= 200; end += 100) {
        say_begin(world);
        say_insert(world);
        say_commit(world, end);
    }
    turn(world);
    store(world);
    turn(world);

    answer(world, OUTCOME_FAILED, ERR_OPERATOR);
    assert_int_equal(turn(world), PUMP_FLOWS);
    world->now.now_ms += 10000;
    turn(world);
    assert_int_equal(in_flight(world), 0);
    world->now.now_ms += 60000;
    turn(world);
    assert_int_equal(in_flight(world), 1);

    store(world);
    turn(world);
    assert_true(world->source.confirmed == 200);
    world_free(world);
}

static void what_is_refused_for_good_ends_it_later_too(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->sink.base.refuses_for_good = true;
    for (lsn_t end = 100; end <= 200; end += 100) {
        say_begin(world);
        say_insert(world);
        say_commit(world, end);
    }
    turn(world);
    store(world);
    turn(world);

    answer(world, OUTCOME_FAILED, ERR_OPERATOR);

    assert_int_equal(turn(world), PUMP_REFUSED);
    world_free(world);
}

static void at_the_memory_bound_nothing_is_taken(void **state)
{
    (void)state;
    struct world *world = world_with_memory(1);
    say_begin(world);
    say_insert(world);
    say_insert(world);
    say_commit(world, 100);

    turn(world);
    assert_int_equal(world->source.given, 2);
    pump_sleep(&world->pump, world->now.now_ms, -1, CLOCK_NEVER_MS);
    assert_false(world->source.was_reading);

    store(world);
    turn(world);
    assert_int_equal(world->source.given, 3);
    world_free(world);
}

// The source may hold events that no descriptor tells of: libpq reads ahead.
static void room_that_comes_free_is_used_before_it_sleeps(void **state)
{
    (void)state;
    struct world *world = world_with_memory(1);
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);
    turn(world);

    store(world);
    turn(world);

    assert_int_equal(world->source.given, 3);
    assert_true(world->source.confirmed == 100);
    world_free(world);
}

static void messages_and_the_unknown_are_counted_and_passed_over(void **state)
{
    (void)state;
    struct world *world = world_new();
    say(world, (struct event){.kind = EVENT_MESSAGE, .end_lsn = 70});
    say(world, (struct event){.kind = EVENT_UNKNOWN});
    say_begin(world);
    say(world, (struct event){.kind = EVENT_MESSAGE, .txn = {.xid = 7}});
    say_commit(world, 100);

    assert_int_equal(turn(world), PUMP_FLOWS);

    assert_int_equal(world->pump.intake.counts.messages, 2);
    assert_int_equal(world->pump.intake.counts.unknown, 1);
    assert_true(world->source.confirmed == 100);
    world_free(world);
}

static void a_lost_connection_and_a_good_end_are_told_apart(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->source.after = SOURCE_ENDED;
    assert_int_equal(turn(world), PUMP_SERVER_ENDED);
    world->source.after = SOURCE_FAILED;
    assert_int_equal(turn(world), PUMP_SOURCE_FAILED);
    assert_non_null(strstr(world->err.text, "lost"));
    world_free(world);
}

static void while_draining_nothing_new_is_taken(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_begin(world);

    pump_drain_turn(&world->pump, world->now, &world->err);
    pump_sleep(&world->pump, world->now.now_ms, -1, CLOCK_NEVER_MS);

    assert_int_equal(world->source.given, 0);
    assert_false(world->source.was_reading);
    world_free(world);
}

static void with_nothing_to_do_it_sleeps_without_end(void **state)
{
    (void)state;
    struct world *world = world_new();
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);

    turn(world);
    pump_sleep(&world->pump, world->now.now_ms, -1, CLOCK_NEVER_MS);
    assert_int_equal(world->sink.slept_ms, -1);
    assert_true(world->source.was_reading);

    store(world);
    turn(world);
    pump_sleep(&world->pump, world->now.now_ms, -1, CLOCK_NEVER_MS);
    assert_int_equal(world->sink.slept_ms, -1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_confirmed_once_it_is_stored),
        cmocka_unit_test(a_keepalive_is_confirmed_only_when_nothing_is_owed),
        cmocka_unit_test(a_truncate_waits_for_what_came_before_and_holds_what_comes_after),
        cmocka_unit_test(a_change_under_a_new_key_waits_for_the_old_ones),
        cmocka_unit_test(a_commit_at_the_end_position_ends_it),
        cmocka_unit_test(a_keepalive_at_the_end_position_ends_it_too),
        cmocka_unit_test(a_record_too_large_stops_it_and_names_no_value),
        cmocka_unit_test(what_the_service_refuses_at_first_is_for_the_operator),
        cmocka_unit_test(what_it_refuses_later_is_held_and_asked_again),
        cmocka_unit_test(what_is_refused_for_good_ends_it_later_too),
        cmocka_unit_test(at_the_memory_bound_nothing_is_taken),
        cmocka_unit_test(room_that_comes_free_is_used_before_it_sleeps),
        cmocka_unit_test(messages_and_the_unknown_are_counted_and_passed_over),
        cmocka_unit_test(a_lost_connection_and_a_good_end_are_told_apart),
        cmocka_unit_test(while_draining_nothing_new_is_taken),
        cmocka_unit_test(with_nothing_to_do_it_sleeps_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
