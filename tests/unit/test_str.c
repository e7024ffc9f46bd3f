#include "cmocka_prelude.h"

#include "base/str.h"

static void a_cut_takes_the_piece_before_the_separator(void **state)
{
    (void)state;
    struct str rest = STR("a,b,,c");
    assert_true(str_equal(str_cut(&rest, ','), STR("a")));
    assert_true(str_equal(str_cut(&rest, ','), STR("b")));
    assert_true(str_equal(str_cut(&rest, ','), STR("")));
    assert_true(str_equal(str_cut(&rest, ','), STR("c")));
    assert_true(str_equal(rest, STR("")));
}

static void comparing_puts_a_prefix_first_and_high_bytes_last(void **state)
{
    (void)state;
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("\xc3"), STR("z")) > 0);
    assert_true(str_compare(STR("\"A"), STR("a")) < 0);
    assert_int_equal(str_compare(STR("same"), STR("same")), 0);
}

static void trimming_keeps_blanks_inside(void **state)
{
    (void)state;
    assert_true(str_equal(str_trim(STR(" \t a b\r\n")), STR("a b")));
    assert_true(str_equal(str_trim(STR(" \n ")), STR("")));
}

static void numbers_are_digits_within_their_range(void **state)
{
    (void)state;
    uint64_t number = 7;
    assert_true(str_to_u64(STR("18446744073709551615"), 0, UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), 0, UINT64_MAX, &number));
    assert_false(str_to_u64(STR(""), 0, 9, &number));
    assert_false(str_to_u64(STR("-1"), 0, 9, &number));
    assert_false(str_to_u64(STR("1 "), 0, 9, &number));
    assert_false(str_to_u64(STR("10"), 0, 9, &number));
    assert_true(number == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_takes_the_piece_before_the_separator),
        cmocka_unit_test(comparing_puts_a_prefix_first_and_high_bytes_last),
        cmocka_unit_test(trimming_keeps_blanks_inside),
        cmocka_unit_test(numbers_are_digits_within_their_range),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
