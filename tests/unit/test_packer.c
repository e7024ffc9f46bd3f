#include "cmocka_prelude.h"

#include "delivery/gate.h"
#include "delivery/lane.h"
#include "delivery/packer.h"
#include "model/batch.h"
#include "model/record.h"

#include <stdlib.h>

static struct lanes lanes;
static struct gates gates; // None: no shard has throttled.

static int set_up(void **state)
{
    (void)state;
    lanes_init(&lanes, LANE_BITS_MAX);
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

// A record that weighs that much in a request, key included.
static void push(uint32_t lane, size_t request_bytes)
{
    static const char zeros[BATCH_BYTES_MAX];
    struct record *record = record_new(STR("k"), (struct str){zeros, request_bytes - 1});
    record->lane = lane;
    lanes_push(&lanes, record);
}

static struct batch *pack(void)
{
    return packer_pack(&lanes, &gates, PACKING_ONE_OF_A_LANE, 0);
}

static void store(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        lanes_settle_stored(&lanes, batch->records[i]->lane);
        record_free(batch->records[i]);
    }
    free(batch);
}

static void expect_batch(size_t count, size_t request_bytes)
{
    struct batch *batch = pack();
    assert_non_null(batch);
    assert_int_equal(batch->count, count);
    assert_int_equal(batch->request_bytes, request_bytes);
    store(batch);
}

static void nothing_ready_makes_no_batch(void **state)
{
    (void)state;

    assert_null(pack());
    assert_null(packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0));
}

static void a_batch_holds_one_record_of_a_lane(void **state)
{
    (void)state;
    push(1, 10);
    push(2, 20);
    push(1, 30);
    push(3, 40);

    struct batch *batch = pack();
    assert_int_equal(batch->count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(batch->records[i]->lane, i + 1);
    assert_null(pack());
    store(batch);
    expect_batch(1, 30);
}

static void a_record_is_of_unknown_outcome_until_the_sink_says_otherwise(void **state)
{
    (void)state;
    push(1, 10);

    struct batch *batch = pack();

    assert_int_equal(batch->outcomes[0], OUTCOME_UNKNOWN);
    assert_int_equal(batch->err.kind, ERR_NONE);
    store(batch);
}

static void each_sending_counts_as_an_attempt(void **state)
{
    (void)state;
    push(1, 10);

    for (uint32_t attempt = 1; attempt < 5; attempt++) {
        struct batch *batch = pack();
        assert_int_equal(batch->records[0]->attempts, attempt);
        lanes_settle_failed(&lanes, batch->records[0], 1);
        lanes_wake(&lanes, 1);
        free(batch);
    }
}

static void a_batch_holds_five_hundred_records(void **state)
{
    (void)state;
    for (uint32_t lane = 0; lane < 2 * BATCH_RECORDS_MAX + 1; lane++)
        push(lane, 10);

    struct batch *first = pack();
    struct batch *second = pack();
    struct batch *third = pack();

    assert_int_equal(first->count, 500);
    assert_int_equal(second->count, 500);
    assert_int_equal(third->count, 1);
    store(first);
    store(second);
    store(third);
}

static void a_batch_stops_at_its_goal(void **state)
{
    (void)state;
    push(1, BATCH_BYTES_GOAL / 2);
    push(2, BATCH_BYTES_GOAL / 2);
    push(3, 1);

    expect_batch(2, BATCH_BYTES_GOAL);
    expect_batch(1, 1);
}

static void keys_count_towards_the_goal(void **state)
{
    (void)state;
    push(1, BATCH_BYTES_GOAL / 2);
    push(2, BATCH_BYTES_GOAL / 2 + 1);

    expect_batch(1, BATCH_BYTES_GOAL / 2);
    expect_batch(1, BATCH_BYTES_GOAL / 2 + 1);
}

static void a_record_over_the_goal_goes_alone(void **state)
{
    (void)state;
    push(1, 10);
    push(2, BATCH_BYTES_GOAL + 1);
    push(3, 10);

    expect_batch(1, 10);
    expect_batch(1, BATCH_BYTES_GOAL + 1);
    expect_batch(1, 10);
}

static void the_largest_record_there_is_goes_alone(void **state)
{
    (void)state;
    push(1, BATCH_BYTES_MAX);
    push(2, 10);

    expect_batch(1, BATCH_BYTES_MAX);
    expect_batch(1, 10);
}

static void what_did_not_fit_is_the_first_of_the_next_batch(void **state)
{
    (void)state;
    push(1, 10);
    push(2, BATCH_BYTES_GOAL);
    push(3, 10);

    store(pack());
    push(4, 10);

    struct batch *batch = pack();
    assert_int_equal(batch->records[0]->lane, 2);
    store(batch);
}

static void packing_in_order_takes_a_lane_s_records_as_they_come(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= 5; bytes++)
        push(0, bytes);

    struct batch *batch = packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0);

    assert_int_equal(batch->count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(record_request_bytes(batch->records[i]), i + 1);
    store(batch);
}

static void packing_in_order_sends_one_batch_at_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < BATCH_RECORDS_MAX + 1; i++)
        push(0, 10);

    struct batch *batch = packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0);
    assert_int_equal(batch->count, 500);
    assert_null(packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0));
    store(batch);

    batch = packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0);
    assert_int_equal(batch->count, 1);
    store(batch);
}

static void packing_in_order_keeps_the_goal(void **state)
{
    (void)state;
    push(0, BATCH_BYTES_GOAL - 1);
    push(0, 2);
    push(0, BATCH_BYTES_MAX);
    push(0, 1);
    const size_t expected_bytes[] = {BATCH_BYTES_GOAL - 1, 2, BATCH_BYTES_MAX, 1};

    for (size_t i = 0; i < 4; i++) {
        struct batch *batch = packer_pack(&lanes, &gates, PACKING_IN_ORDER, 0);
        assert_int_equal(batch->count, 1);
        assert_int_equal(batch->request_bytes, expected_bytes[i]);
        store(batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(nothing_ready_makes_no_batch),
        FACT(a_batch_holds_one_record_of_a_lane),
        FACT(a_record_is_of_unknown_outcome_until_the_sink_says_otherwise),
        FACT(each_sending_counts_as_an_attempt),
        FACT(a_batch_holds_five_hundred_records),
        FACT(a_batch_stops_at_its_goal),
        FACT(keys_count_towards_the_goal),
        FACT(a_record_over_the_goal_goes_alone),
        FACT(the_largest_record_there_is_goes_alone),
        FACT(what_did_not_fit_is_the_first_of_the_next_batch),
        FACT(packing_in_order_takes_a_lane_s_records_as_they_come),
        FACT(packing_in_order_sends_one_batch_at_a_time),
        FACT(packing_in_order_keeps_the_goal),
    };
    return cmocka_run_group_tests_name("packer", tests, NULL, NULL);
}
