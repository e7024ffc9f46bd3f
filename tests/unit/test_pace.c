#include "cmocka_prelude.h"

#include "postgres/pace.h"

// So many bytes, in rows of one kilobyte.
static void note_rows(struct pace *pace, size_t bytes)
{
    for (size_t noted = 0; noted < bytes; noted += 1000)
        pace_note_message(pace, 1000);
}

static void a_trickle_is_read_at_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, false, 0);
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
    pace_init(&pace, false, 0);
    for (int64_t now_ms = 0; now_ms < 10; now_ms++) {
        note_rows(&pace, 50000);
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
    pace_init(&pace, false, 0);
    note_rows(&pace, 1000000);
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
    pace_init(&pace, false, 0);
    note_rows(&pace, 1000000);
    pace_note_empty(&pace, 60000);
    assert_false(pace_rests(&pace, 60000));
}

static struct pace held_pace_after(size_t bytes_a_ms)
{
    struct pace pace;
    pace_init(&pace, true, 0);
    for (int64_t now_ms = 0; now_ms < 10; now_ms++) {
        note_rows(&pace, bytes_a_ms);
        pace_note_empty(&pace, now_ms);
    }
    return pace;
}

static void a_held_window_is_given_time_to_fill(void **state)
{
    (void)state;
    struct pace pace = held_pace_after(10000);
    assert_int_equal(pace_rest_until_ms(&pace), 9 + 8);
    assert_true(pace_rests(&pace, 16));
    assert_false(pace_rests(&pace, 17));
}

static void what_would_not_fill_it_rests_as_ever(void **state)
{
    (void)state;
    struct pace pace = held_pace_after(7000);
    assert_int_equal(pace_rest_until_ms(&pace), 10);
}

static void what_the_server_gathered_is_read_to_its_end(void **state)
{
    (void)state;
    struct pace pace = held_pace_after(10000);
    note_rows(&pace, 100000);

    pace_note_empty(&pace, 17);
    assert_true(pace_looks_again(&pace));
    assert_false(pace_rests(&pace, 17));

    pace_note_message(&pace, 1000);
    pace_note_empty(&pace, 17);
    assert_false(pace_looks_again(&pace));
    assert_true(pace_rests(&pace, 17));
}

static void a_window_that_is_not_held_is_not_looked_at_again(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, false, 0);
    note_rows(&pace, 1000000);
    pace_note_empty(&pace, 5);
    assert_false(pace_looks_again(&pace));
}

static void large_rows_are_read_as_they_come(void **state)
{
    (void)state;
    for (int held = 0; held <= 1; held++) {
        struct pace pace;
        pace_init(&pace, held, 0);
        for (int i = 0; i < 20; i++)
            pace_note_message(&pace, 100000);
        pace_note_empty(&pace, 5);
        assert_false(pace_rests(&pace, 5));
        assert_false(pace_looks_again(&pace));
    }
}

static void it_flows_until_a_quiet_window(void **state)
{
    (void)state;
    struct pace pace = held_pace_after(10000);
    assert_true(pace_flows(&pace));
    pace_note_empty(&pace, 20);
    assert_false(pace_flows(&pace));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trickle_is_read_at_once),
        cmocka_unit_test(a_flood_is_given_time_to_swell),
        cmocka_unit_test(the_first_quiet_window_ends_the_resting),
        cmocka_unit_test(a_burst_after_a_long_silence_is_no_flood),
        cmocka_unit_test(a_held_window_is_given_time_to_fill),
        cmocka_unit_test(what_would_not_fill_it_rests_as_ever),
        cmocka_unit_test(what_the_server_gathered_is_read_to_its_end),
        cmocka_unit_test(a_window_that_is_not_held_is_not_looked_at_again),
        cmocka_unit_test(large_rows_are_read_as_they_come),
        cmocka_unit_test(it_flows_until_a_quiet_window),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
