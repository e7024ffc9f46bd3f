#include "delivery_under_test.h"

#include "base/clock.h"
#include "sequence_number_of.h"

static const struct delivery_options options = {
    .lane_bits = LANE_BITS_MAX,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = 1 << 20,
};

// The next request, a record, stored there.
static void store_at(uint32_t shard, uint32_t sequence_number)
{
    int64_t now_ms = delivery_wake_at_ms(&delivery);
    assert_int_not_equal(now_ms, CLOCK_NEVER_MS);
    struct batch *batch = delivery_next_batch(&delivery, now_ms);
    assert_int_equal(batch->count, 1);
    batch->outcomes[0] = OUTCOME_STORED;
    batch->placements[0] = (struct placement){
        .shard = shard,
        .sequence_number = sequence_number_of(sequence_number),
    };
    delivery_settle(&delivery, batch, now_ms);
}

static void a_record_behind_its_predecessor_is_paid(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    add("a");
    store_at(1, 8);

    assert_true(delivery_is_idle(&delivery));
    assert_int_equal(delivery.counts.inverted, 0);
    assert_int_equal(delivery_flushed(&delivery), START + 2);
}

static void a_record_before_its_predecessor_is_sent_again_till_it_is_behind(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    add("a");

    store_at(1, 5);
    assert_int_equal(delivery.counts.inverted, 1);
    assert_int_equal(delivery_flushed(&delivery), START + 1);
    store_at(1, 6);
    assert_int_equal(delivery.counts.inverted, 2);
    assert_int_equal(delivery_flushed(&delivery), START + 1);
    store_at(1, 8);

    assert_true(delivery_is_idle(&delivery));
    assert_int_equal(delivery.counts.stored, 2);
    assert_int_equal(delivery_flushed(&delivery), START + 2);
}

static void its_successor_waits_for_it(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    delivery_begin(&delivery, 1);
    delivery_add(&delivery, record_new(STR("a"), STR("second")));
    delivery_add(&delivery, record_new(STR("a"), STR("third")));
    delivery_commit(&delivery, START + 2);

    store_at(1, 5);
    assert_null(delivery_next_batch(&delivery, 0));
    struct batch *batch = delivery_next_batch(&delivery, delivery_wake_at_ms(&delivery));

    assert_int_equal(batch->count, 1);
    assert_true(str_equal(record_data(batch->records[0]), STR("second")));
    batch_free(batch);
}

static void keys_of_other_lanes_have_numbers_of_their_own(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    add("b");
    store_at(1, 5);

    assert_int_equal(delivery.counts.inverted, 0);
}

static void another_shard_counts_for_itself(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    add("a");
    store_at(2, 5);

    assert_int_equal(delivery.counts.inverted, 0);
}

static void an_order_is_remembered_over_a_restart(void **state)
{
    (void)state;
    add("a");
    store_at(1, 7);
    delivery_restart(&delivery, START);
    add("a");
    store_at(1, 5);

    assert_int_equal(delivery.counts.inverted, 1);
}

static void a_service_that_counts_anew_is_believed_after_three_sendings(void **state)
{
    (void)state;
    add("a");
    store_at(1, 1000);
    add("a");
    for (uint32_t i = 1; i <= 4; i++) {
        assert_false(delivery_is_idle(&delivery));
        store_at(1, i);
    }
    assert_true(delivery_is_idle(&delivery));
    add("a");
    store_at(1, 5);

    assert_int_equal(delivery.counts.inverted, 3);
    assert_true(delivery_is_idle(&delivery));
}

static void a_key_that_is_spread_has_many_lanes_next_to_each_other(void **state)
{
    (void)state;
    struct delivery other;
    struct delivery_options spread = options;
    spread.spread_bits = 6;
    delivery_init(&other, spread, START);
    delivery_begin(&other, 1);
    for (int i = 0; i < 100; i++)
        delivery_add(&other, record_new(STR("a"), STR("")));
    delivery_commit(&other, START + 1);

    struct batch *batch = delivery_next_batch(&other, 0);

    assert_int_equal(batch->count, 64);
    for (size_t i = 0; i < batch->count; i++) {
        assert_in_range(batch->records[i]->lane, 0x300, 0x33f);
        batch->outcomes[i] = OUTCOME_STORED;
        batch->placements[i] =
            (struct placement){.shard = 1, .sequence_number = sequence_number_of(1000 - i)};
    }
    delivery_settle(&other, batch, 0);
    assert_int_equal(other.counts.inverted, 0);
    delivery_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_record_behind_its_predecessor_is_paid),
        FACT(a_record_before_its_predecessor_is_sent_again_till_it_is_behind),
        FACT(its_successor_waits_for_it),
        FACT(keys_of_other_lanes_have_numbers_of_their_own),
        FACT(another_shard_counts_for_itself),
        FACT(an_order_is_remembered_over_a_restart),
        FACT(a_service_that_counts_anew_is_believed_after_three_sendings),
        FACT(a_key_that_is_spread_has_many_lanes_next_to_each_other),
    };
    return cmocka_run_group_tests_name("delivery_placed", tests, NULL, NULL);
}
