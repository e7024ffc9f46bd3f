#include "cmocka_prelude.h"

#include "app/misfits.h"
#include "app/trouble.h"
#include "base/clock.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct delivery delivery;
static struct misfits misfits;
static struct sink sink;
static struct trouble trouble;
static struct err err;
static int64_t now_ms;
static int keys;

static int set_up(void **state)
{
    (void)state;
    struct delivery_options options = {
        .lane_bits = LANE_BITS_MAX, .packing = PACKING_ONE_OF_A_LANE, .memory_bytes_max = 1 << 20};
    delivery_init(&delivery, options, 0);
    misfits = (struct misfits){.refused = REFUSED_SKIP};
    sink = (struct sink){.refuses_for_good = false};
    trouble_init(&trouble, &delivery, &misfits, &sink);
    now_ms = 1000;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    delivery_release(&delivery);
    return 0;
}

static void add(int count)
{
    for (int i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", ++keys);
        delivery_begin(&delivery, 1);
        delivery_add(&delivery, record_new(str_from_c(key), STR("{}")));
        delivery_commit(&delivery, delivery_flushed(&delivery) + 1);
    }
}

// Sends what may be sent, which is something, and has it answered.
static enum trouble_verdict answer(enum outcome outcome, enum err_kind kind)
{
    int64_t due_ms = delivery_wake_at_ms(&delivery);
    assert_int_not_equal(due_ms, CLOCK_NEVER_MS);
    now_ms = due_ms > now_ms ? due_ms : now_ms;
    struct batch *batch = delivery_next_batch(&delivery, now_ms);
    assert_non_null(batch);
    batch_settle_all(batch, outcome);
    if (kind != ERR_NONE)
        err_set(&batch->err, kind, "the service says no");
    enum trouble_verdict verdict = trouble_judge(&trouble, batch, now_ms, &err);
    delivery_settle(&delivery, batch, now_ms);
    trouble_look(&trouble);
    return verdict;
}

static void store_one(void)
{
    add(1);
    assert_int_equal(answer(OUTCOME_STORED, ERR_NONE), TROUBLE_PASSES);
}

static void what_passes_passes(void **state)
{
    (void)state;
    add(1);
    assert_int_equal(answer(OUTCOME_UNKNOWN, ERR_RETRY), TROUBLE_PASSES);
    assert_true(delivery_wake_at_ms(&delivery) <= now_ms + 200);
}

static void before_anything_was_stored_the_operators_trouble_is_the_end(void **state)
{
    (void)state;
    add(1);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_OPERATOR), TROUBLE_REFUSED);
    assert_string_equal(err.text, "the service says no");
}

static void afterwards_it_is_held_for_longer_each_time_up_to_half_a_minute(void **state)
{
    (void)state;
    const int64_t holds_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    store_one();
    add(1);
    for (size_t i = 0; i < sizeof holds_ms / sizeof *holds_ms; i++) {
        assert_int_equal(answer(OUTCOME_FAILED, ERR_OPERATOR), TROUBLE_PASSES);
        assert_null(delivery_next_batch(&delivery, now_ms + holds_ms[i] - 1));
        assert_in_range(delivery_wake_at_ms(&delivery), now_ms + holds_ms[i], now_ms + 30000);
    }
}

static void what_needs_the_operator_is_told_within_the_minute_of_what_passes(void **state)
{
    (void)state;
    store_one();
    add(1);
    answer(OUTCOME_UNKNOWN, ERR_RETRY);
    assert_int_equal(trouble.warned_kind, ERR_RETRY);

    answer(OUTCOME_FAILED, ERR_OPERATOR);
    assert_int_equal(trouble.warned_kind, ERR_OPERATOR);
    answer(OUTCOME_UNKNOWN, ERR_RETRY);
    assert_int_equal(trouble.warned_kind, ERR_OPERATOR);

    now_ms += 60000;
    answer(OUTCOME_UNKNOWN, ERR_RETRY);
    assert_int_equal(trouble.warned_kind, ERR_RETRY);
}

static void what_is_stored_ends_the_trouble(void **state)
{
    (void)state;
    store_one();
    add(1);
    answer(OUTCOME_FAILED, ERR_OPERATOR);
    answer(OUTCOME_FAILED, ERR_OPERATOR);
    answer(OUTCOME_STORED, ERR_NONE);
    add(1);

    answer(OUTCOME_FAILED, ERR_OPERATOR);

    assert_int_equal(delivery_wake_at_ms(&delivery), now_ms + 1000);
}

static void a_sink_that_refuses_for_good_is_the_end(void **state)
{
    (void)state;
    store_one();
    sink.refuses_for_good = true;
    add(1);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_OPERATOR), TROUBLE_REFUSED);
}

static void a_record_refused_among_others_is_not_judged_yet(void **state)
{
    (void)state;
    misfits.refused = REFUSED_STOP;
    add(2);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);
}

static void a_record_refused_alone_is_the_end_or_skipped(void **state)
{
    (void)state;
    add(1);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);
    assert_int_equal(misfits.counts.refused, 1);
    assert_true(delivery_is_idle(&delivery));

    misfits.refused = REFUSED_STOP;
    add(1);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_STUCK);
    assert_int_equal(err.kind, ERR_FINAL);
}

static void of_records_refused_in_a_row_the_third_is_held(void **state)
{
    (void)state;
    store_one();
    for (int i = 0; i < 2; i++) {
        add(1);
        assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);
    }
    add(1);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);
    assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);

    assert_int_equal(misfits.counts.refused, 2);
    assert_false(delivery_is_idle(&delivery));
    assert_int_equal(delivery_wake_at_ms(&delivery), now_ms + 2000);

    assert_int_equal(answer(OUTCOME_STORED, ERR_NONE), TROUBLE_PASSES); // After all.
    assert_true(delivery_is_idle(&delivery));
}

static void records_refused_between_others_are_all_skipped(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        store_one();
        add(1);
        assert_int_equal(answer(OUTCOME_FAILED, ERR_DATA), TROUBLE_PASSES);
    }
    assert_int_equal(misfits.counts.refused, 5);
}

static void a_service_that_takes_nothing_from_the_first_is_the_end(void **state)
{
    (void)state;
    enum trouble_verdict verdict = TROUBLE_PASSES;
    for (int i = 0; i < 3; i++) {
        add(1);
        verdict = answer(OUTCOME_FAILED, ERR_DATA);
    }
    assert_int_equal(verdict, TROUBLE_REFUSED);
    assert_non_null(strstr(err.text, "even alone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(what_passes_passes),
        FACT(before_anything_was_stored_the_operators_trouble_is_the_end),
        FACT(afterwards_it_is_held_for_longer_each_time_up_to_half_a_minute),
        FACT(what_needs_the_operator_is_told_within_the_minute_of_what_passes),
        FACT(what_is_stored_ends_the_trouble),
        FACT(a_sink_that_refuses_for_good_is_the_end),
        FACT(a_record_refused_among_others_is_not_judged_yet),
        FACT(a_record_refused_alone_is_the_end_or_skipped),
        FACT(of_records_refused_in_a_row_the_third_is_held),
        FACT(records_refused_between_others_are_all_skipped),
        FACT(a_service_that_takes_nothing_from_the_first_is_the_end),
    };
    return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
