#include "cmocka_prelude.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/lane.h"
#include "model/record.h"

static struct lanes lanes;

static int set_up(void **state)
{
    (void)state;
    lanes_init(&lanes, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lanes_release(&lanes);
    return 0;
}

static void push(uint32_t lane, lsn_t lsn)
{
    struct record *record = record_new(STR("key"), STR("data"));
    record->lane = lane;
    record->lsn = lsn;
    lanes_push(&lanes, record);
}

static struct record *take(lsn_t expected)
{
    assert_non_null(lanes_peek(&lanes));
    assert_int_equal(lanes_peek(&lanes)->lsn, expected);
    struct record *record = lanes_take(&lanes, 1);
    assert_int_equal(record->lsn, expected);
    return record;
}

static void store(struct record *record)
{
    lanes_settle_stored(&lanes, record->lane);
    record_free(record);
}

static void new_lanes_have_nothing_to_take(void **state)
{
    (void)state;

    assert_int_equal(lanes.count, 8);
    assert_null(lanes_peek(&lanes));
    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
}

static void a_lane_gives_its_records_oldest_first(void **state)
{
    (void)state;
    for (lsn_t lsn = 1; lsn <= 5; lsn++)
        push(2, lsn);

    for (lsn_t lsn = 1; lsn <= 5; lsn++)
        store(take(lsn));
    assert_null(lanes_peek(&lanes));
}

static void a_lane_in_flight_sends_nothing(void **state)
{
    (void)state;
    push(2, 1);
    push(2, 2);
    struct record *record = take(1);
    push(2, 3);

    assert_null(lanes_peek(&lanes));
    store(record);
    store(take(2));
    store(take(3));
}

static void the_lane_that_has_been_ready_longest_comes_first(void **state)
{
    (void)state;
    push(5, 1);
    push(1, 2);
    push(5, 3);
    push(7, 4);

    struct record *of_5 = take(1);
    struct record *of_1 = take(2);
    store(of_5);
    struct record *of_7 = take(4);
    store(take(3));
    store(of_1);
    store(of_7);
}

// The ring of ready lanes goes around its end, and is full while it does.
static void all_lanes_take_turns(void **state)
{
    (void)state;
    push(0, 100);
    store(take(100));
    for (lsn_t lsn = 0; lsn < 24; lsn++)
        push(lsn % 8, lsn);

    for (lsn_t lsn = 0; lsn < 24; lsn++)
        store(take(lsn));
    assert_null(lanes_peek(&lanes));
}

static void records_held_and_in_flight_are_counted(void **state)
{
    (void)state;
    push(1, 1);
    push(1, 2);
    push(2, 3);
    assert_int_equal(lanes.queued, 3);

    struct record *first = take(1);
    struct record *other = take(3);
    assert_int_equal(lanes.queued, 1);
    assert_int_equal(lanes.in_flight, 2);

    lanes_settle_failed(&lanes, first, 10);
    store(other);
    assert_int_equal(lanes.queued, 2);
    assert_int_equal(lanes.in_flight, 0);
}

static void a_failed_record_goes_back_before_what_is_newer(void **state)
{
    (void)state;
    push(1, 1);
    push(1, 2);
    struct record *record = take(1);
    push(1, 3);

    lanes_settle_failed(&lanes, record, 10);
    lanes_wake(&lanes, 10);

    for (lsn_t lsn = 1; lsn <= 3; lsn++)
        store(take(lsn));
}

static void a_failed_record_that_is_the_only_one_keeps_its_place(void **state)
{
    (void)state;
    push(1, 1);
    lanes_settle_failed(&lanes, take(1), 10);
    push(1, 2);

    lanes_wake(&lanes, 10);

    store(take(1));
    store(take(2));
}

static void a_lane_waits_until_its_time_is_up(void **state)
{
    (void)state;
    push(1, 1);
    lanes_settle_failed(&lanes, take(1), 10);
    push(1, 2);

    assert_int_equal(lanes_wake_at_ms(&lanes), 10);
    lanes_wake(&lanes, 9);
    assert_null(lanes_peek(&lanes));
    lanes_wake(&lanes, 10);
    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
    store(take(1));
}

static void a_lane_that_waits_does_not_stop_the_others(void **state)
{
    (void)state;
    push(1, 1);
    lanes_settle_failed(&lanes, take(1), 10);
    push(2, 2);

    store(take(2));
}

static void a_lane_that_waited_waits_no_longer_once_it_succeeds(void **state)
{
    (void)state;
    push(1, 1);
    push(1, 2);
    lanes_settle_failed(&lanes, take(1), 10);
    lanes_wake(&lanes, 10);

    store(take(1));

    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
    store(take(2));
}

static void waiting_lanes_wake_in_the_order_of_their_times(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct random random = random_from(seed);
        int64_t due_ms[8];
        for (uint32_t lane = 0; lane < 8; lane++)
            push(lane, lane);
        for (uint32_t lane = 0; lane < 8; lane++) {
            due_ms[lane] = 1 + (int64_t)random_below(&random, 20);
            lanes_settle_failed(&lanes, take(lane), due_ms[lane]);
        }

        for (int64_t now_ms = 0; now_ms <= 20; now_ms++) {
            lanes_wake(&lanes, now_ms);
            assert_true(lanes_wake_at_ms(&lanes) > now_ms);
            while (lanes_peek(&lanes)) {
                struct record *record = lanes_take(&lanes, 1);
                assert_int_equal(due_ms[record->lane], now_ms);
                store(record);
            }
        }
        assert_int_equal(lanes.queued, 0);
    }
}

static void a_lane_in_flight_can_give_more_where_that_is_asked_for(void **state)
{
    (void)state;
    push(1, 1);
    push(1, 2);
    struct record *first = take(1);

    assert_int_equal(lanes_peek_more(&lanes, 1)->lsn, 2);
    struct record *second = lanes_take_more(&lanes, 1);
    assert_int_equal(second->lsn, 2);
    assert_null(lanes_peek_more(&lanes, 1));

    push(1, 3);
    store(first);
    assert_null(lanes_peek(&lanes));
    store(second);
    store(take(3));
}

static void records_given_back_newest_first_stand_in_their_order(void **state)
{
    (void)state;
    struct record *taken[4];
    for (lsn_t lsn = 0; lsn < 5; lsn++)
        push(1, lsn);
    taken[0] = take(0);
    for (size_t i = 1; i < 4; i++)
        taken[i] = lanes_take_more(&lanes, 1);

    lanes_settle_failed(&lanes, taken[3], 10);
    lanes_settle_failed(&lanes, taken[2], 30);
    lanes_settle_failed(&lanes, taken[1], 20);
    assert_null(lanes_peek(&lanes));
    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
    store(taken[0]);

    assert_int_equal(lanes_wake_at_ms(&lanes), 30);
    lanes_wake(&lanes, 30);
    for (lsn_t lsn = 1; lsn < 5; lsn++)
        store(take(lsn));
}

static void cleared_lanes_are_as_new(void **state)
{
    (void)state;
    push(1, 1);
    lanes_settle_failed(&lanes, take(1), 10);
    push(1, 2);
    push(2, 3);
    push(2, 4);
    store(take(3));

    lanes_clear(&lanes);

    assert_int_equal(lanes.queued, 0);
    assert_null(lanes_peek(&lanes));
    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
    push(1, 5);
    push(2, 6);
    store(take(5));
    store(take(6));
    assert_int_equal(lanes_wake_at_ms(&lanes), CLOCK_NEVER_MS);
}

static void released_lanes_free_what_they_hold(void **state)
{
    (void)state;
    for (uint32_t lane = 0; lane < 8; lane++)
        push(lane, lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(new_lanes_have_nothing_to_take),
        FACT(a_lane_gives_its_records_oldest_first),
        FACT(a_lane_in_flight_sends_nothing),
        FACT(the_lane_that_has_been_ready_longest_comes_first),
        FACT(all_lanes_take_turns),
        FACT(records_held_and_in_flight_are_counted),
        FACT(a_failed_record_goes_back_before_what_is_newer),
        FACT(a_failed_record_that_is_the_only_one_keeps_its_place),
        FACT(a_lane_waits_until_its_time_is_up),
        FACT(a_lane_that_waits_does_not_stop_the_others),
        FACT(a_lane_that_waited_waits_no_longer_once_it_succeeds),
        FACT(waiting_lanes_wake_in_the_order_of_their_times),
        FACT(a_lane_in_flight_can_give_more_where_that_is_asked_for),
        FACT(records_given_back_newest_first_stand_in_their_order),
        FACT(cleared_lanes_are_as_new),
        FACT(released_lanes_free_what_they_hold),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
