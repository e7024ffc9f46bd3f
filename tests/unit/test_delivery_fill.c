// How full requests are: at once while the service is idle, filled while it is not.
#include "delivery_under_test.h"

#include <stdio.h>

enum {
    NOW_MS = 100000
};

static const struct delivery_options options = {
    .lane_bits = LANE_BITS_MAX,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = 8 << 20,
};

static void add_rows(int count)
{
    delivery_begin(&delivery, 1);
    while (count-- > 0) {
        char key[24];
        snprintf(key, sizeof key, "%llu", (unsigned long long)next_lsn);
        add_row(key, 3);
    }
    delivery_commit(&delivery, next_lsn);
}

// What is ready, from NOW_MS on.
static void waits_until(int64_t until_ms)
{
    assert_int_equal(delivery_wake_at_ms(&delivery), until_ms);
    assert_null(delivery_next_batch(&delivery, NOW_MS));
}

static void what_is_ready_goes_at_once_until_two_requests_are_out(void **state)
{
    (void)state;
    add_rows(1);
    struct batch *first = sent_at(NOW_MS);
    add_rows(1);
    struct batch *second = sent_at(NOW_MS);
    add_rows(1);
    waits_until(NOW_MS + DELIVERY_FILL_MS);

    store(first);

    store(second);
    store(sent_at(NOW_MS));
}

static void what_comes_meanwhile_goes_when_one_comes_back(void **state)
{
    (void)state;
    add_rows(1);
    struct batch *first = sent_at(NOW_MS);
    add_rows(1);
    struct batch *second = sent_at(NOW_MS);
    add_rows(3);
    assert_null(delivery_next_batch(&delivery, NOW_MS + 1));

    store(first);

    struct batch *third = sent_at(NOW_MS + 1);
    assert_int_equal(third->count, 3);
    store(second);
    store(third);
}

static void requests_that_stall_hold_nobody_up(void **state)
{
    (void)state;
    struct batch *stalled[4];
    add_rows(1);
    stalled[0] = sent_at(NOW_MS);
    add_rows(1);
    stalled[1] = sent_at(NOW_MS);
    for (int i = 2; i < 4; i++) {
        int64_t due_ms = NOW_MS + (i - 1) * DELIVERY_FILL_MS;
        add_rows(1);
        assert_null(delivery_next_batch(&delivery, due_ms - 1));
        stalled[i] = sent_at(due_ms);
    }
    for (int i = 0; i < 4; i++)
        store(stalled[i]);
    assert_true(delivery_is_idle(&delivery));
}

static void a_full_request_waits_for_nobody(void **state)
{
    (void)state;
    add_rows(1);
    struct batch *first = sent_at(NOW_MS);
    add_rows(1);
    struct batch *second = sent_at(NOW_MS);
    add_rows(2 * BATCH_RECORDS_MAX); // Some fall into one lane.

    struct batch *third = sent_at(NOW_MS);

    assert_int_equal(third->count, BATCH_RECORDS_MAX);
    store(first);
    store(second);
    store(third);
}

static void large_records_fill_a_request_too(void **state)
{
    (void)state;
    delivery_expect_more(&delivery, true);
    add_rows(1);
    struct batch *first = sent_at(NOW_MS);
    delivery_begin(&delivery, 1);
    for (int i = 0; i < 4; i++) {
        assert_null(delivery_next_batch(&delivery, NOW_MS));
        add_row((const char[]){(char)('a' + i), '\0'}, BATCH_BYTES_GOAL / 4);
    }
    delivery_commit(&delivery, next_lsn);

    struct batch *second = sent_at(NOW_MS);

    store(first);
    settle(second, OUTCOME_FAILED, NOW_MS);
    delivery_expect_more(&delivery, false);
    while (!delivery_is_idle(&delivery))
        store(sent_at(2 * NOW_MS));
    assert_int_equal(delivery.lanes.queued_bytes, 0);
}

static void while_more_is_about_to_come_a_part_waits_for_it(void **state)
{
    (void)state;
    delivery_expect_more(&delivery, true);
    add_rows(1);
    struct batch *first = sent_at(NOW_MS);
    add_rows(1);
    waits_until(NOW_MS + DELIVERY_FILL_MS);

    delivery_expect_more(&delivery, false);

    store(sent_at(NOW_MS + 1));
    store(first);
}

static void what_does_not_come_is_not_waited_for(void **state)
{
    (void)state;
    delivery_expect_more(&delivery, true);
    add_rows(1);
    store(sent_at(NOW_MS));
    add_rows(1);

    store(sent_at(NOW_MS + DELIVERY_FILL_MS));
}

static void what_is_to_be_sent_again_waits_for_company_too(void **state)
{
    (void)state;
    delivery_expect_more(&delivery, true);
    add_rows(1);
    struct batch *batch = sent_at(NOW_MS);
    settle(batch, OUTCOME_FAILED, NOW_MS - 10000); // So its own wait is long over.

    waits_until(NOW_MS + DELIVERY_FILL_MS);

    store(sent_at(NOW_MS + DELIVERY_FILL_MS));
}

static void the_longer_of_linger_and_filling_counts(void **state)
{
    (void)state;
    delivery.options.linger_ms = 3;
    delivery_expect_more(&delivery, true);
    add_rows(1);
    assert_null(delivery_next_batch(&delivery, NOW_MS));
    store(sent_at(NOW_MS + 3));
    add_rows(1);
    assert_null(delivery_next_batch(&delivery, NOW_MS + 7));

    store(sent_at(NOW_MS + 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(what_is_ready_goes_at_once_until_two_requests_are_out),
        FACT(what_comes_meanwhile_goes_when_one_comes_back),
        FACT(requests_that_stall_hold_nobody_up),
        FACT(a_full_request_waits_for_nobody),
        FACT(large_records_fill_a_request_too),
        FACT(while_more_is_about_to_come_a_part_waits_for_it),
        FACT(what_does_not_come_is_not_waited_for),
        FACT(what_is_to_be_sent_again_waits_for_company_too),
        FACT(the_longer_of_linger_and_filling_counts),
    };
    return cmocka_run_group_tests_name("delivery_fill", tests, NULL, NULL);
}
