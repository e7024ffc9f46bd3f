#include "cmocka_prelude.h"

#include "model/selection.h"
#include "postgres/catalog_query.h"

static void assert_arrays(struct selection selection, const char *const expected[4])
{
    struct catalog_selection arrays = catalog_selection_of(&selection);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(arrays.arrays[i], expected[i]);
    catalog_selection_release(&arrays);
    assert_null(arrays.arrays[0]);
}

static void a_selection_becomes_an_array_for_each_member(void **state)
{
    (void)state;
    struct table_pattern patterns[] = {
        {.schema = "^(public)$", .name = "^(a)$"},
        {.name = "^(b)$", .excludes = true},
        {.name = "^(c)$", .and_children = true},
    };
    const char *const expected[] = {
        "{\"^(public)$\",NULL,NULL}", "{\"^(a)$\",\"^(b)$\",\"^(c)$\"}", "{f,t,f}", "{f,f,t}"};

    assert_arrays((struct selection){.patterns = patterns, .count = 3}, expected);
}

static void no_pattern_becomes_empty_arrays(void **state)
{
    (void)state;
    const char *const expected[] = {"{}", "{}", "{}", "{}"};

    assert_arrays((struct selection){.count = 0}, expected);
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    struct table_pattern pattern = {.schema = "NULL", .name = "^(a\"b\\$,{}')$"};
    const char *const expected[] = {"{\"NULL\"}", "{\"^(a\\\"b\\\\$,{}')$\"}", "{f}", "{f}"};

    assert_arrays((struct selection){.patterns = &pattern, .count = 1}, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selection_becomes_an_array_for_each_member),
        cmocka_unit_test(no_pattern_becomes_empty_arrays),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
