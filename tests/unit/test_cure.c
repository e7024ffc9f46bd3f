#include "cmocka_prelude.h"

#include "postgres/cure.h"

#include <string.h>

static void parts_follow_one_another_behind_separators(void **state)
{
    (void)state;
    struct cure cure = {.len = 0};

    assert_true(cure_add(&cure, "; ", "ALTER TABLE %s", "a"));
    assert_true(cure_add(&cure, "; ", "ALTER TABLE %s", "\"Größe 日\""));

    assert_string_equal(cure.text, "ALTER TABLE a; ALTER TABLE \"Größe 日\"");
    assert_int_equal(cure.len, strlen(cure.text));
}

static void a_part_that_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    char filler[CURE_BYTES_MAX + 2] = "";
    for (size_t len = 0; len <= CURE_BYTES_MAX; len++) {
        struct cure cure = {.len = 0};
        assert_true(cure_add(&cure, ", ", "%s", filler));
        const size_t wanted = (len > 0 ? strlen(", ") : 0) + strlen("name");

        const bool added = cure_add(&cure, ", ", "name");

        assert_int_equal(added, len + wanted <= CURE_BYTES_MAX);
        assert_int_equal(cure.len, added ? len + wanted : len);
        assert_int_equal(strlen(cure.text), cure.len);
        filler[len] = 'x';
    }
    struct cure cure = {.len = 0};
    assert_false(cure_add(&cure, ", ", "%s", filler)); // Too long by itself.
    assert_string_equal(cure.text, "");
}

static void what_a_terminal_would_obey_is_left_out(void **state)
{
    (void)state;
    const char *const names[] = {"a\nb", "a\033[m", "a\x7f", "a\xc2\x9bm", "a\xe9", "a\xc2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cure cure = {.len = 0};
        assert_false(cure_add(&cure, "", "%s", names[i]));
        assert_int_equal(cure.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another_behind_separators),
        cmocka_unit_test(a_part_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(what_a_terminal_would_obey_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
