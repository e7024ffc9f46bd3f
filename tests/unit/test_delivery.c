#include "delivery_under_test.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_BYTES_MAX = 1000,
    TABLE = 7
};

static const struct delivery_options options = {
    .lane_bits = LANE_BITS_MAX,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = MEMORY_BYTES_MAX,
    .seed = 1,
};

static int set_up_in_order(void **state)
{
    (void)state;
    struct delivery_options in_order = options;
    in_order.lane_bits = 0;
    in_order.packing = PACKING_IN_ORDER;
    delivery_init(&delivery, in_order, START);
    return 0;
}

static void add_data(const char *key, const char *data)
{
    struct record *record = record_new(str_from_c(key), str_from_c(data));
    record->table = TABLE;
    delivery_add(&delivery, record);
}

static void transaction_of_one(const char *key, const char *data, lsn_t end_lsn)
{
    delivery_begin(&delivery, 1);
    add_data(key, data);
    delivery_commit(&delivery, end_lsn);
}

static struct batch *next_batch(int64_t now_ms, const char *expected)
{
    struct batch *batch = sent_at(now_ms);
    char data[64] = "";
    for (size_t i = 0; i < batch->count; i++)
        strncat(data, record_data(batch->records[i]).ptr, record_data(batch->records[i]).len);
    assert_string_equal(data, expected);
    return batch;
}

static void a_new_delivery_is_idle(void **state)
{
    (void)state;

    assert_true(delivery_is_idle(&delivery));
    assert_false(delivery_is_in_flight(&delivery));
    assert_true(delivery_has_room(&delivery, 0));
    assert_null(delivery_next_batch(&delivery, 0));
    assert_int_equal(delivery_wake_at_ms(&delivery), CLOCK_NEVER_MS);
    assert_int_equal(delivery_flushed(&delivery), START);
}

static void a_record_that_is_stored_owes_nothing_more(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    assert_false(delivery_is_idle(&delivery));
    assert_true(delivery_owes_table(&delivery, TABLE));

    struct batch *batch = next_batch(0, "1");
    assert_true(delivery_is_in_flight(&delivery));
    assert_false(delivery_is_idle(&delivery));
    assert_true(delivery_owes_table(&delivery, TABLE));
    assert_int_equal(delivery_flushed(&delivery), START);

    store(batch);
    assert_true(delivery_is_idle(&delivery));
    assert_false(delivery_owes_table(&delivery, TABLE));
    assert_int_equal(delivery.memory_bytes, 0);
    assert_int_equal(delivery_flushed(&delivery), 1100);
}

static void what_is_not_stored_is_owed_and_sent_again(void **state)
{
    (void)state;
    const enum outcome outcomes[] = {OUTCOME_UNKNOWN, OUTCOME_THROTTLED, OUTCOME_FAILED};
    int64_t now_ms = 1000;
    transaction_of_one("a", "1", 1100);
    transaction_of_one("a", "2", 1200);
    size_t memory_bytes = delivery.memory_bytes;

    for (size_t i = 0; i < 3; i++) {
        settle(next_batch(now_ms, "1"), outcomes[i], now_ms);
        assert_int_equal(delivery_flushed(&delivery), START);
        assert_int_equal(delivery.memory_bytes, memory_bytes);
        assert_true(delivery_owes_table(&delivery, TABLE));
        assert_false(delivery_is_in_flight(&delivery));
        int64_t wake_at_ms = delivery_wake_at_ms(&delivery);
        assert_true(wake_at_ms > now_ms);
        assert_null(delivery_next_batch(&delivery, wake_at_ms - 1));
        now_ms = wake_at_ms;
    }

    store(next_batch(now_ms, "1"));
    store(next_batch(now_ms, "2"));
    assert_int_equal(delivery_flushed(&delivery), 1200);
}

static void sendings_are_counted_by_outcome(void **state)
{
    (void)state;
    const enum outcome outcomes[] = {OUTCOME_UNKNOWN, OUTCOME_THROTTLED, OUTCOME_THROTTLED,
        OUTCOME_FAILED, OUTCOME_FAILED, OUTCOME_FAILED};
    transaction_of_one("a", "123", 1100);

    for (size_t i = 0; i < 6; i++)
        settle(next_batch((int64_t)i * 5000, "123"), outcomes[i], (int64_t)i * 5000);
    store(next_batch(30000, "123"));

    assert_int_equal(delivery.counts.unknown, 1);
    assert_int_equal(delivery.counts.throttled, 2);
    assert_int_equal(delivery.counts.failed, 3);
    assert_int_equal(delivery.counts.stored, 1);
    assert_int_equal(delivery.counts.stored_bytes, 4);
}

static int64_t longest_first_wait_ms(enum outcome outcome)
{
    int64_t longest_ms = 0;
    for (int i = 0; i < 100; i++) {
        transaction_of_one("a", "1", 1100);
        settle(next_batch(0, "1"), outcome, 0);
        int64_t wait_ms = delivery_wake_at_ms(&delivery);
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
        delivery_restart(&delivery, delivery_flushed(&delivery));
    }
    return longest_ms;
}

static void a_throttled_record_waits_longer_than_one_that_failed(void **state)
{
    (void)state;

    assert_in_range(longest_first_wait_ms(OUTCOME_THROTTLED), 150, 200);
    assert_in_range(longest_first_wait_ms(OUTCOME_FAILED), 1, 50);
    assert_in_range(longest_first_wait_ms(OUTCOME_UNKNOWN), 1, 50);
}

// The longest of many waits comes close to its ceiling.
static void waits_grow_up_to_five_seconds(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    int64_t longest_ms = 0;
    int64_t now_ms = 0;

    for (int attempt = 1; attempt <= 100; attempt++) {
        settle(next_batch(now_ms, "1"), OUTCOME_THROTTLED, now_ms);
        int64_t wait_ms = delivery_wake_at_ms(&delivery) - now_ms;
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
        now_ms += wait_ms;
    }

    assert_in_range(longest_ms, 4000, 5000);
}

static void who_is_asked_to_wait_waits_within_reason(void **state)
{
    (void)state;
    const struct {
        int64_t asked_ms;
        int64_t least_ms;
        int64_t most_ms;
    } cases[] = {{0, 1, 50}, {40, 40, 50}, {3000, 3000, 3000}, {3600000, 5001, 5050}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        delivery_restart(&delivery, START);
        transaction_of_one("a", "1", 1100);
        struct batch *batch = next_batch(0, "1");
        batch->retry_after_ms = cases[i].asked_ms;
        settle(batch, OUTCOME_FAILED, 0);
        assert_in_range(delivery_wake_at_ms(&delivery), cases[i].least_ms, cases[i].most_ms);
    }
}

static void a_batch_is_settled_record_by_record(void **state)
{
    (void)state;
    delivery_begin(&delivery, 1);
    add_data("a", "1");
    add_data("b", "2");
    delivery_commit(&delivery, 1100);

    struct batch *batch = next_batch(0, "12");
    batch->outcomes[0] = OUTCOME_STORED;
    batch->outcomes[1] = OUTCOME_FAILED;
    delivery_settle(&delivery, batch, 0);

    assert_int_equal(delivery_flushed(&delivery), START);
    store(next_batch(5000, "2"));
    assert_int_equal(delivery_flushed(&delivery), 1100);
}

static void failed_records_of_an_ordered_batch_come_back_in_their_order(void **state)
{
    (void)state;
    delivery_begin(&delivery, 1);
    for (int i = 0; i < 5; i++)
        add_data("a", (char[]){(char)('1' + i), '\0'});
    delivery_commit(&delivery, 1100);

    struct batch *batch = next_batch(0, "12345");
    delivery_begin(&delivery, 1);
    add_data("b", "6");
    delivery_commit(&delivery, 1200);
    batch->outcomes[0] = OUTCOME_STORED;
    delivery_settle(&delivery, batch, 0);

    store(next_batch(5000, "23456"));
    assert_int_equal(delivery_flushed(&delivery), 1200);
}

static void there_is_room_until_the_memory_bound(void **state)
{
    (void)state;
    static const char data[MEMORY_BYTES_MAX];
    delivery_begin(&delivery, 1);
    add_data("a", "");
    struct record *record = record_new(STR("b"), (struct str){data, MEMORY_BYTES_MAX / 2});
    size_t taken_bytes = delivery.memory_bytes + record_memory_bytes(record);
    delivery_add(&delivery, record);

    assert_int_equal(delivery.memory_bytes, taken_bytes);
    size_t left_bytes = MEMORY_BYTES_MAX - taken_bytes;
    assert_true(delivery_has_room(&delivery, left_bytes - 1));
    assert_false(delivery_has_room(&delivery, left_bytes));
    delivery_add(&delivery, record_new(STR("b"), (struct str){data, left_bytes - 1}));
    assert_false(delivery_has_room(&delivery, 0));
    add_data("c", "");
    assert_false(delivery_has_room(&delivery, 0));

    struct batch *batch = delivery_next_batch(&delivery, 0);
    assert_false(delivery_has_room(&delivery, 0));
    store(batch);
    assert_true(delivery_has_room(&delivery, 0));
}

static void an_idle_delivery_always_has_room(void **state)
{
    (void)state;
    delivery.options.memory_bytes_max = 0;

    assert_true(delivery_has_room(&delivery, 0));
    transaction_of_one("a", "1", 1100);
    assert_false(delivery_has_room(&delivery, 0));
    struct batch *batch = next_batch(0, "1");
    assert_false(delivery_has_room(&delivery, 0));
    store(batch);
    assert_true(delivery_has_room(&delivery, 0));
}

static void a_fence_stands_until_the_table_owes_nothing(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    assert_false(delivery_is_fenced(&delivery, TABLE));
    delivery_fence(&delivery, TABLE);

    assert_true(delivery_is_fenced(&delivery, TABLE));
    assert_false(delivery_is_fenced(&delivery, TABLE + 1));
    settle(next_batch(0, "1"), OUTCOME_FAILED, 0);
    assert_true(delivery_is_fenced(&delivery, TABLE));
    store(next_batch(5000, "1"));
    assert_false(delivery_is_fenced(&delivery, TABLE));
}

static void a_keepalive_is_flushed_when_nothing_is_owed(void **state)
{
    (void)state;
    delivery_advance(&delivery, 1050);
    assert_int_equal(delivery_flushed(&delivery), 1050);

    transaction_of_one("a", "1", 1100);
    delivery_advance(&delivery, 1200);
    assert_int_equal(delivery_flushed(&delivery), 1050);
    store(next_batch(0, "1"));
    assert_int_equal(delivery_flushed(&delivery), 1200);
}

static void nothing_is_sent_while_held(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    assert_in_range(delivery_wake_at_ms(&delivery), 0, 10);

    delivery_hold(&delivery, 500);

    assert_int_equal(delivery_wake_at_ms(&delivery), 500);
    assert_null(delivery_next_batch(&delivery, 499));
    store(next_batch(500, "1"));
}

static void a_hold_does_not_shorten_a_wait(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    settle(next_batch(1000, "1"), OUTCOME_FAILED, 1000);
    int64_t wake_at_ms = delivery_wake_at_ms(&delivery);

    delivery_hold(&delivery, 1000);

    assert_int_equal(delivery_wake_at_ms(&delivery), wake_at_ms);
    store(next_batch(wake_at_ms, "1"));
}

static void nothing_wakes_what_is_all_in_flight(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    transaction_of_one("a", "2", 1200);

    struct batch *batch = next_batch(0, "1");

    assert_int_equal(delivery_wake_at_ms(&delivery), CLOCK_NEVER_MS);
    store(batch);
    store(next_batch(delivery_wake_at_ms(&delivery), "2"));
}

static void a_restart_forgets_what_is_not_stored(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
    store(next_batch(0, "1"));
    transaction_of_one("a", "2", 1200);
    settle(next_batch(0, "2"), OUTCOME_FAILED, 0);
    delivery_fence(&delivery, TABLE);
    delivery_begin(&delivery, 1);
    delivery_add(&delivery, record_new(STR("b"), STR("3")));

    delivery_restart(&delivery, delivery_flushed(&delivery));

    assert_true(delivery_is_idle(&delivery));
    assert_null(delivery_next_batch(&delivery, 5000));
    assert_false(delivery_owes_table(&delivery, TABLE));
    assert_int_equal(delivery.memory_bytes, 0);
    assert_int_equal(delivery_flushed(&delivery), 1100);
    transaction_of_one("a", "2", 1200);
    assert_int_equal(delivery_flushed(&delivery), 1100);
    store(next_batch(0, "2"));
    assert_int_equal(delivery_flushed(&delivery), 1200);
}

static void a_restart_does_not_end_a_hold(void **state)
{
    (void)state;
    delivery_hold(&delivery, 500);

    delivery_restart(&delivery, delivery_flushed(&delivery));
    transaction_of_one("a", "1", 1100);

    assert_null(delivery_next_batch(&delivery, 499));
}

static void a_release_frees_what_is_queued(void **state)
{
    (void)state;
    transaction_of_one("a", "1", 1100);
}

// A program that leaves in the middle: the sink frees what it has, in whatever order.
static void a_batch_that_is_out_outlives_its_delivery(void **state)
{
    (void)state;
    struct delivery other;
    delivery_init(&other, (struct delivery_options){.memory_bytes_max = 1}, START);
    delivery_begin(&other, 1);
    delivery_add(&other, record_new(STR("a"), STR("1")));
    delivery_add(&other, record_new(STR("a"), STR("2")));
    struct batch *batch = delivery_next_batch(&other, 0);

    delivery_release(&other);

    assert_int_equal(batch->count, 1);
    assert_true(str_equal(record_data(batch->records[0]), STR("1")));
    record_free(batch->records[0]);
    free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_new_delivery_is_idle),
        FACT(a_record_that_is_stored_owes_nothing_more),
        FACT(what_is_not_stored_is_owed_and_sent_again),
        FACT(sendings_are_counted_by_outcome),
        FACT(a_throttled_record_waits_longer_than_one_that_failed),
        FACT(waits_grow_up_to_five_seconds),
        FACT(who_is_asked_to_wait_waits_within_reason),
        FACT(a_batch_is_settled_record_by_record),
        cmocka_unit_test_setup_teardown(failed_records_of_an_ordered_batch_come_back_in_their_order,
            set_up_in_order, tear_down),
        FACT(there_is_room_until_the_memory_bound),
        FACT(an_idle_delivery_always_has_room),
        FACT(a_fence_stands_until_the_table_owes_nothing),
        FACT(a_keepalive_is_flushed_when_nothing_is_owed),
        FACT(nothing_is_sent_while_held),
        FACT(a_hold_does_not_shorten_a_wait),
        FACT(nothing_wakes_what_is_all_in_flight),
        FACT(a_restart_forgets_what_is_not_stored),
        FACT(a_restart_does_not_end_a_hold),
        FACT(a_release_frees_what_is_queued),
        FACT(a_batch_that_is_out_outlives_its_delivery),
    };
    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
