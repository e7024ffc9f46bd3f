#include "cmocka_prelude.h"

#include "postgres/pace.h"

static void a_trickle_is_read_at_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0);
    for (int64_t now_ms = 0; now_ms < 100; now_ms++) {
        pace_note_message(&pace, 1000);
        pace_note_empty(&pace, now_ms);
        assert_false(pace_rests(&pace, now_ms));
    }
}

static void a_flood_is_given_time_to_swell(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0);
    for (int64_t now_ms = 0; now_ms < 10; now_ms++) {
        pace_note_message(&pace, 50000);
        pace_note_empty(&pace, now_ms);
    }
    assert_true(pace_rests(&pace, 9));
    assert_int_equal(pace_rest_until_ms(&pace), 10);
    assert_false(pace_rests(&pace, 10));
}

static void the_first_quiet_window_ends_the_resting(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0);
    pace_note_message(&pace, 1000000);
    pace_note_empty(&pace, 5);
    assert_true(pace_rests(&pace, 5));

    pace_note_empty(&pace, 6);
    assert_true(pace_rests(&pace, 6));
    pace_note_empty(&pace, 9);

    assert_false(pace_rests(&pace, 9));
}

static void a_burst_after_a_long_silence_is_no_flood(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0);
    pace_note_message(&pace, 1000000);
    pace_note_empty(&pace, 60000);
    assert_false(pace_rests(&pace, 60000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trickle_is_read_at_once),
        cmocka_unit_test(a_flood_is_given_time_to_swell),
        cmocka_unit_test(the_first_quiet_window_ends_the_resting),
        cmocka_unit_test(a_burst_after_a_long_silence_is_no_flood),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
