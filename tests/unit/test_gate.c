#include "cmocka_prelude.h"

#include "base/clock.h"
#include "delivery/gate.h"
#include "delivery/lane.h"
#include "model/placement.h"
#include "model/record.h"

enum {
    BEGIN_MS = 10000,
    LANES = 8
};

static struct lanes lanes;
static struct gates gates;

static int set_up(void **state)
{
    (void)state;
    lanes_init(&lanes, 3);
    gates_init(&gates);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lanes_release(&lanes);
    gates_release(&gates);
    return 0;
}

static void push(uint32_t lane)
{
    struct record *record = record_new(STR("key"), STR("data"));
    record->lane = lane;
    lanes_push(&lanes, record);
}

static void throttle(uint32_t shard, int64_t now_ms)
{
    struct gate_answer answer = {.shard = shard, .sent_ms = now_ms};
    for (int i = 0; i < 150; i++) // So many that the shard is over its limit.
        gates_throttled(&gates, answer, now_ms);
}

// Takes every lane that passes now.
static size_t pass(int64_t now_ms)
{
    size_t passed = 0;
    gates_open(&gates, &lanes, now_ms);
    while (lanes_peek(&lanes)) {
        if (!gates_let_pass(&gates, &lanes, record_request_bytes(lanes_peek(&lanes)), now_ms))
            continue;
        struct record *record = lanes_take(&lanes, 1);
        lanes_settle_stored(&lanes, record->lane);
        record_free(record);
        passed++;
    }
    return passed;
}

static void without_a_throttle_there_is_no_gate(void **state)
{
    (void)state;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        lanes_tell_shard(&lanes, lane, 1);
        push(lane);
    }

    assert_int_equal(pass(BEGIN_MS), LANES);
    assert_int_equal(gates_open_at_ms(&gates), CLOCK_NEVER_MS);
}

static void lanes_wait_at_their_own_shards_gate_only(void **state)
{
    (void)state;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        lanes_tell_shard(&lanes, lane, lane % 2);
        push(lane);
    }
    throttle(1, BEGIN_MS);

    assert_int_equal(pass(BEGIN_MS), LANES / 2);
    assert_int_equal(lanes.parked, LANES / 2);
}

static void lanes_of_an_unknown_shard_wait_nowhere(void **state)
{
    (void)state;
    throttle(0, BEGIN_MS);
    push(1);

    assert_int_equal(pass(BEGIN_MS), 1);
}

static void who_waits_is_let_in_at_the_time_that_was_told(void **state)
{
    (void)state;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        lanes_tell_shard(&lanes, lane, 1);
        push(lane);
    }
    throttle(1, BEGIN_MS);
    size_t passed = pass(BEGIN_MS);
    assert_int_equal(passed, 0);

    int turns = 0;
    for (int64_t now_ms; (now_ms = gates_open_at_ms(&gates)) != CLOCK_NEVER_MS; turns++)
        passed += pass(now_ms);

    assert_int_equal(passed, LANES);
    assert_int_equal(lanes.parked, 0);
    assert_in_range(turns, 1, 3);
}

static void lanes_are_let_in_as_they_came(void **state)
{
    (void)state;
    const uint32_t order[] = {3, 1, 2};
    throttle(1, BEGIN_MS);
    for (size_t i = 0; i < 3; i++) {
        lanes_tell_shard(&lanes, order[i], 1);
        push(order[i]);
    }
    pass(BEGIN_MS);

    gates_open(&gates, &lanes, BEGIN_MS + 100);

    for (size_t i = 0; i < 3; i++) {
        assert_true(gates_let_pass(&gates, &lanes, 1, BEGIN_MS + 100));
        struct record *record = lanes_take(&lanes, 1);
        assert_int_equal(record->lane, order[i]);
        record_free(record);
    }
}

static void a_gate_is_torn_down_after_a_quiet_minute(void **state)
{
    (void)state;
    throttle(1, BEGIN_MS);
    throttle(2, BEGIN_MS + 1000);
    lanes_tell_shard(&lanes, 0, 1);
    push(0);
    assert_int_equal(pass(BEGIN_MS), 0);

    assert_int_equal(pass(BEGIN_MS + 60000), 1);

    assert_int_equal(gates.count, 1);
    throttle(1, BEGIN_MS + 60000);
    assert_int_equal(gates.count, 2);
}

static void a_clear_lets_nobody_in(void **state)
{
    (void)state;
    throttle(1, BEGIN_MS);
    lanes_tell_shard(&lanes, 0, 1);
    push(0);
    assert_int_equal(pass(BEGIN_MS), 0);

    lanes_clear(&lanes);
    gates_clear(&gates);

    assert_int_equal(lanes.parked, 0);
    assert_int_equal(gates_open_at_ms(&gates), CLOCK_NEVER_MS);
    gates_open(&gates, &lanes, BEGIN_MS + 1000);
    assert_null(lanes_peek(&lanes));
}

static void gates_are_bounded(void **state)
{
    (void)state;
    for (uint32_t shard = 0; shard < 3 * GATE_SLOTS; shard++)
        throttle(shard, BEGIN_MS);

    assert_int_equal(gates.count, GATES_MAX);
    lanes_tell_shard(&lanes, 0, GATE_SLOTS); // Its place is taken by shard 0.
    push(0);
    assert_int_equal(pass(BEGIN_MS), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(without_a_throttle_there_is_no_gate),
        FACT(lanes_wait_at_their_own_shards_gate_only),
        FACT(lanes_of_an_unknown_shard_wait_nowhere),
        FACT(who_waits_is_let_in_at_the_time_that_was_told),
        FACT(lanes_are_let_in_as_they_came),
        FACT(a_gate_is_torn_down_after_a_quiet_minute),
        FACT(a_clear_lets_nobody_in),
        FACT(gates_are_bounded),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
