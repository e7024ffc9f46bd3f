#include "cmocka_prelude.h"

#include "base/err.h"

#include <string.h>

static void context_goes_in_front_and_the_cure_behind(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_OPERATOR, "slot \"%s\" is missing", "s"));
    assert_false(err_wrap(&err, "cannot start"));
    assert_false(err_hint(&err, "use --%s", "create"));
    assert_int_equal(err.kind, ERR_OPERATOR);
    assert_string_equal(err.text, "cannot start: slot \"s\" is missing; hint: use --create");
}

static void a_text_that_is_too_long_is_cut_not_overrun(void **state)
{
    (void)state;
    struct err err = {0};
    err_set(&err, ERR_RETRY, "%2000s", "x");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_wrap(&err, "%2000s", "y");
    err_hint(&err, "z");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void a_quote_is_one_line_of_ascii(void **state)
{
    (void)state;
    assert_string_equal(err_quote(STR(" a\n\tb\x01\xc3\xa9\n")).text, "a b\\x01\\xc3\\xa9");
}

static void a_quote_ends_after_200_bytes(void **state)
{
    (void)state;
    char long_text[5000];
    memset(long_text, 1, sizeof long_text);
    for (size_t len = 0; len < sizeof long_text; len++)
        assert_true(strlen(err_quote((struct str){long_text, len}).text) <= ERR_QUOTE_BYTES + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_goes_in_front_and_the_cure_behind),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_not_overrun),
        cmocka_unit_test(a_quote_is_one_line_of_ascii),
        cmocka_unit_test(a_quote_ends_after_200_bytes),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
