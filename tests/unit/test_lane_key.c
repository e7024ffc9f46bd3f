#include "cmocka_prelude.h"

#include "kinesis/lane_key.h"

static void assert_key(uint32_t lane, unsigned bits, const char *expected)
{
    struct lane_key key = lane_key_of(lane, bits);
    assert_string_equal(key.text, expected);
}

// (2 * lane + 1) * 2^(127 - bits), by bc.
static void a_lane_has_the_middle_of_its_hash_keys(void **state)
{
    (void)state;
    assert_key(0, 0, "170141183460469231731687303715884105728");
    assert_key(0, 1, "85070591730234615865843651857942052864");
    assert_key(1, 1, "255211775190703847597530955573826158592");
    assert_key(0, 6, "2658455991569831745807614120560689152");
    assert_key(63, 6, "337623910929368631717566993311207522304");
    assert_key(1023, 10, "340116213421465348979261631549233168384");
}

static void the_shortest_key_is_no_shorter_than_36_digits(void **state)
{
    (void)state;
    assert_key(0, 10, "166153499473114484112975882535043072");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lane_has_the_middle_of_its_hash_keys),
        cmocka_unit_test(the_shortest_key_is_no_shorter_than_36_digits),
    };
    return cmocka_run_group_tests_name("lane_key", tests, NULL, NULL);
}
