#include "cmocka_prelude.h"

#include "base/clock.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"

#include <stdio.h>

enum {
    START = 1000,
    RECORDS = 600
};

static struct delivery delivery;

static int set_up(void **state)
{
    (void)state;
    struct delivery_options options = {
        .lane_bits = LANE_BITS_MAX, .packing = PACKING_ONE_OF_A_LANE, .memory_bytes_max = 1 << 20};
    delivery_init(&delivery, options, START);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    delivery_release(&delivery);
    return 0;
}

// Each a transaction of its own, which ends at START + its number + 1.
static void add_records(int count)
{
    for (int i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        delivery_begin(&delivery, 1);
        struct record *record = record_new(str_from_c(key), STR(""));
        record->lsn = (lsn_t)i;
        delivery_add(&delivery, record);
        delivery_commit(&delivery, (lsn_t)(START + i + 1));
    }
}

static bool holds(const struct batch *batch, lsn_t lsn)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->records[i]->lsn == lsn)
            return true;
    return false;
}

// As a service that takes every request but those with that record.
static void answer(struct batch *batch, lsn_t poison, enum outcome alone, int64_t now_ms)
{
    bool refused = holds(batch, poison);
    for (size_t i = 0; i < batch->count; i++)
        batch->outcomes[i] = refused ? OUTCOME_FAILED : OUTCOME_STORED;
    if (refused)
        err_set(&batch->err, ERR_DATA, "refused");
    if (refused && batch->count == 1)
        batch->outcomes[0] = alone;
    delivery_settle(&delivery, batch, now_ms);
}

// Until nothing is to be sent any more; returns how many requests were refused.
static int serve(lsn_t poison, enum outcome alone)
{
    int refusals = 0;
    for (int64_t now_ms = 1; !delivery_is_drained(&delivery); now_ms++) {
        struct batch *batch = delivery_next_batch(&delivery, now_ms);
        if (!batch)
            continue;
        refusals += holds(batch, poison);
        answer(batch, poison, alone, now_ms);
    }
    return refusals;
}

static void a_refused_record_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (lsn_t poison = 0; poison < RECORDS; poison += 7) {
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

    serve(250, OUTCOME_FAILED);

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

    serve(3, OUTCOME_FAILED);

    assert_int_equal(delivery.counts.stored, 18);
    assert_int_equal(delivery.lanes.queued, 2);
}

static void a_skipped_record_is_paid_and_not_stored(void **state)
{
    (void)state;
    add_records(1);

    assert_int_equal(serve(0, OUTCOME_SKIPPED), 1);

    assert_int_equal(delivery.counts.stored, 0);
    assert_int_equal(delivery.counts.stored_bytes, 0);
    assert_int_equal(delivery_flushed(&delivery), START + 1);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
