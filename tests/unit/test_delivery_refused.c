#include "delivery_under_test.h"

#include "base/clock.h"

#include <stdio.h>

enum {
    RECORDS = 600
};

static const struct delivery_options options = {
    .lane_bits = LANE_BITS_MAX,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = 1 << 20,
};

static void add_records(int count)
{
    for (int i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        add(key);
    }
}

static void a_refused_record_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (lsn_t poison = START; poison < START + RECORDS; poison += 7) {
        next_lsn = START;
        add_records(RECORDS);

        int refusals = serve(poison, OUTCOME_SKIPPED);

        assert_true(refusals <= 10);
        assert_true(delivery_is_idle(&delivery));
        assert_int_equal(delivery.memory_bytes, 0);
        assert_int_equal(delivery_flushed(&delivery), START + RECORDS);
        delivery_restart(&delivery, START);
    }
}

static void what_is_neither_taken_nor_skipped_waits_for_ever(void **state)
{
    (void)state;
    add_records(RECORDS);

    serve(START + 250, OUTCOME_FAILED);

    assert_int_equal(delivery.counts.stored, RECORDS - 1);
    assert_int_equal(delivery_flushed(&delivery), START + 250);
    assert_false(delivery_is_idle(&delivery));
    assert_int_equal(delivery_wake_at_ms(&delivery), CLOCK_NEVER_MS);
    assert_null(delivery_next_batch(&delivery, CLOCK_NEVER_MS - 1));
}

static void what_comes_later_of_its_key_waits_behind_it(void **state)
{
    (void)state;
    add_records(10);
    add_records(10);

    serve(START + 3, OUTCOME_FAILED);

    assert_int_equal(delivery.counts.stored, 18);
    assert_int_equal(delivery.lanes.queued, 2);
}

static void a_skipped_record_is_paid_and_not_stored(void **state)
{
    (void)state;
    add_records(1);

    assert_int_equal(serve(START, OUTCOME_SKIPPED), 1);

    assert_int_equal(delivery.counts.stored, 0);
    assert_int_equal(delivery.counts.stored_bytes, 0);
    assert_int_equal(delivery_flushed(&delivery), START + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_refused_record_is_found_wherever_it_is),
        FACT(what_is_neither_taken_nor_skipped_waits_for_ever),
        FACT(what_comes_later_of_its_key_waits_behind_it),
        FACT(a_skipped_record_is_paid_and_not_stored),
    };
    return cmocka_run_group_tests_name("delivery_refused", tests, NULL, NULL);
}
