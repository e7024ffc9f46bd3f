#include "cmocka_prelude.h"

#include "base/once.h"

static void the_first_time_is_due_whenever_it_comes(void **state)
{
    (void)state;
    const int64_t first_ms[] = {0, 1, 59999, 60000, INT64_MAX / 2};
    for (size_t i = 0; i < sizeof first_ms / sizeof *first_ms; i++) {
        struct once once = {0};
        assert_true(once_a_minute(&once, first_ms[i]));
        assert_false(once_a_minute(&once, first_ms[i]));
    }
}

// A refusal postpones nothing, else what is asked at every turn would be said only once.
static void who_asks_all_the_time_is_heard_once_a_minute(void **state)
{
    (void)state;
    struct once once = {0};
    for (int64_t now_ms = 0; now_ms < 5 * 60000; now_ms++)
        assert_int_equal(once_a_minute(&once, now_ms), now_ms % 60000 == 0);
}

static void the_minute_begins_when_it_is_said(void **state)
{
    (void)state;
    struct once once = {0};
    assert_true(once_a_minute(&once, 1000));
    assert_true(once_a_minute(&once, 100000));
    assert_false(once_a_minute(&once, 121000));
    assert_false(once_a_minute(&once, 159999));
    assert_true(once_a_minute(&once, 160000));
}

static void what_is_zeroed_is_due_again(void **state)
{
    (void)state;
    struct once once = {0};
    assert_true(once_a_minute(&once, 1000));

    once = (struct once){0};

    assert_true(once_a_minute(&once, 1001));
    assert_false(once_a_minute(&once, 61000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_time_is_due_whenever_it_comes),
        cmocka_unit_test(who_asks_all_the_time_is_heard_once_a_minute),
        cmocka_unit_test(the_minute_begins_when_it_is_said),
        cmocka_unit_test(what_is_zeroed_is_due_again),
    };
    return cmocka_run_group_tests_name("once", tests, NULL, NULL);
}
