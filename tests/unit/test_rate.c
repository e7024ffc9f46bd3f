#include "cmocka_prelude.h"

#include "delivery/rate.h"

enum {
    BEGIN_MS = 10000,
    QUIET_MS = 250 // The first answers say nothing.
};

static struct rate rate;

static int set_up(void **state)
{
    (void)state;
    rate_begin(&rate, BEGIN_MS);
    for (int i = 0; i < 100; i++)
        rate_throttled(&rate, BEGIN_MS, BEGIN_MS);
    return 0;
}

// How many records of so many bytes are allowed in the second from now on.
static int allowed(size_t bytes, int64_t from_ms)
{
    int sent = 0;
    for (int64_t now_ms = from_ms; now_ms < from_ms + 1000; now_ms++)
        for (; rate_allows(&rate, now_ms); sent++)
            rate_spend(&rate, bytes);
    return sent;
}

// So many records a millisecond, for a while, of which each so manieth is throttled.
struct answers {
    int a_ms;
    int throttled_each;
};
static void answer(struct answers answers, int64_t from_ms, int64_t until_ms)
{
    int count = 0;
    for (int64_t now_ms = from_ms; now_ms < until_ms; now_ms++) {
        for (int i = 0; i < answers.a_ms; i++) {
            if (++count % answers.throttled_each == 0)
                rate_throttled(&rate, now_ms, now_ms);
            else
                rate_stored(&rate, now_ms, now_ms);
        }
    }
}

static void it_holds_nothing_back_for_a_few_throttles_in_a_hundred(void **state)
{
    (void)state;
    rate_begin(&rate, BEGIN_MS);
    answer((struct answers){.a_ms = 10, .throttled_each = 7}, BEGIN_MS, BEGIN_MS + 2000);

    assert_true(rate_allows(&rate, BEGIN_MS + 2000));
    assert_in_range(rate_allows_at_ms(&rate), 0, BEGIN_MS + 2000);
    rate_spend(&rate, 1 << 30);
    assert_true(rate_allows(&rate, BEGIN_MS + 2000));
}

static void throttles_that_come_whatever_the_rate_are_borne(void **state)
{
    (void)state;
    int64_t now_ms = BEGIN_MS + QUIET_MS;
    for (int second = 0; second < 20; second++, now_ms += 1000) {
        answer((struct answers){.a_ms = 1, .throttled_each = 12}, now_ms, now_ms + 1000);
        allowed(100, now_ms);
    }
    assert_true(rate.share > 1);
}

static void it_begins_with_a_thousand_records_a_second(void **state)
{
    (void)state;
    assert_in_range(allowed(100, BEGIN_MS), 990, 1040);
}

static void it_begins_with_a_mebibyte_a_second(void **state)
{
    (void)state;
    assert_in_range(allowed(16384, BEGIN_MS), 63, 68);
}

static void a_large_record_is_paid_for_afterwards(void **state)
{
    (void)state;
    assert_true(rate_allows(&rate, BEGIN_MS + 10));
    rate_spend(&rate, 1 << 20);

    assert_false(rate_allows(&rate, BEGIN_MS + 900));
    assert_true(rate_allows(&rate, BEGIN_MS + 1010));
}

static void a_rest_is_not_saved_up(void **state)
{
    (void)state;
    int burst = 0;
    for (; rate_allows(&rate, BEGIN_MS + 30000); burst++)
        rate_spend(&rate, 100);
    assert_in_range(burst, 50, 200);
}

static void it_tells_when_it_allows(void **state)
{
    (void)state;
    int64_t at_ms = BEGIN_MS;
    for (int i = 0; i < 1000; i++) {
        at_ms = rate_allows_at_ms(&rate);
        assert_true(rate_allows(&rate, at_ms));
        rate_spend(&rate, 5000);
    }
    assert_in_range(at_ms - BEGIN_MS, 4000, 6000);
}

static void it_falls_to_what_was_taken(void **state)
{
    (void)state;
    answer((struct answers){.a_ms = 1, .throttled_each = 5}, BEGIN_MS + QUIET_MS,
        BEGIN_MS + 2 * QUIET_MS + 1);
    assert_in_range((int)(1000 * rate.share), 780, 820);
}

static void it_falls_by_three_tenths_a_round_at_most(void **state)
{
    (void)state;
    answer((struct answers){.a_ms = 1, .throttled_each = 1}, BEGIN_MS + QUIET_MS,
        BEGIN_MS + 2 * QUIET_MS + 1);
    assert_in_range((int)(1000 * rate.share), 690, 710);
}

static void answers_to_what_was_sent_before_a_fall_are_passed_over(void **state)
{
    (void)state;
    int64_t fall_ms = BEGIN_MS + 2 * QUIET_MS;
    answer((struct answers){.a_ms = 1, .throttled_each = 2}, BEGIN_MS + QUIET_MS, fall_ms + 1);
    double share = rate.share;

    for (int64_t now_ms = fall_ms + 1; now_ms < fall_ms + 5000; now_ms++)
        rate_throttled(&rate, fall_ms - 1, now_ms);

    assert_true(rate.share == share);
}

static void a_few_throttles_are_borne(void **state)
{
    (void)state;
    answer((struct answers){.a_ms = 1, .throttled_each = 50}, BEGIN_MS, BEGIN_MS + 3000);
    assert_true(rate.share >= 1);
}

static void it_recovers_fast_from_a_closed_shard(void **state)
{
    (void)state;
    int64_t now_ms = BEGIN_MS + QUIET_MS;
    answer((struct answers){.a_ms = 1, .throttled_each = 1}, now_ms, now_ms + 10000);
    assert_true(rate.share < 0.05);
    now_ms += 10000;
    allowed(100, now_ms);
    assert_true(rate.share < 0.05); // It is not known yet that it opened.

    answer((struct answers){.a_ms = 1, .throttled_each = 1000000}, now_ms, now_ms + 1000);
    for (int i = 0; i < 4; i++)
        allowed(100, now_ms + 1000 * (i + 1));

    assert_true(rate.share > 0.9);
}

static void it_is_over_after_a_quiet_minute(void **state)
{
    (void)state;
    assert_false(rate_is_over(&rate, BEGIN_MS + 59999));
    assert_true(rate_is_over(&rate, BEGIN_MS + 60000));
    rate_throttled(&rate, BEGIN_MS, BEGIN_MS + 30000);
    assert_false(rate_is_over(&rate, BEGIN_MS + 60000));
}

#define BEGUN(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BEGUN(it_holds_nothing_back_for_a_few_throttles_in_a_hundred),
        BEGUN(throttles_that_come_whatever_the_rate_are_borne),
        BEGUN(it_begins_with_a_thousand_records_a_second),
        BEGUN(it_begins_with_a_mebibyte_a_second),
        BEGUN(a_large_record_is_paid_for_afterwards),
        BEGUN(a_rest_is_not_saved_up),
        BEGUN(it_tells_when_it_allows),
        BEGUN(it_falls_to_what_was_taken),
        BEGUN(it_falls_by_three_tenths_a_round_at_most),
        BEGUN(answers_to_what_was_sent_before_a_fall_are_passed_over),
        BEGUN(a_few_throttles_are_borne),
        BEGUN(it_recovers_fast_from_a_closed_shard),
        BEGUN(it_is_over_after_a_quiet_minute),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
