#include "pump_world.h"

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

static void what_is_not_wanted_owes_nothing(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->relation->plan = PLAN_SKIP;
    say_begin(world);
    say_insert(world);
    say_truncate(world);
    say_insert(world);
    say_commit(world, 100);

    assert_int_equal(turn(world), PUMP_FLOWS);
    assert_int_equal(in_flight(world), 0);
    assert_true(world->source.confirmed == 100);
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
    world->now.now_ms += 900;
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

static void while_much_flows_a_part_of_a_request_waits_for_more(void **state)
{
    (void)state;
    struct world *world = world_new();
    world->source.flows = true;
    say_begin(world);
    say_insert(world);
    say_commit(world, 100);
    assert_int_equal(turn(world), PUMP_FLOWS);
    store(world);
    assert_int_equal(turn(world), PUMP_FLOWS);
    say_begin(world);
    say_insert(world);
    say_commit(world, 200);

    assert_int_equal(turn(world), PUMP_FLOWS);
    assert_int_equal(in_flight(world), 0);
    pump_sleep(&world->pump, world->now.now_ms, -1, CLOCK_NEVER_MS);
    assert_int_equal(world->sink.slept_ms, DELIVERY_FILL_MS);

    world->source.flows = false;
    assert_int_equal(turn(world), PUMP_FLOWS);
    assert_int_equal(in_flight(world), 1);
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
        cmocka_unit_test(what_is_not_wanted_owes_nothing),
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
        cmocka_unit_test(while_much_flows_a_part_of_a_request_waits_for_more),
        cmocka_unit_test(with_nothing_to_do_it_sleeps_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
