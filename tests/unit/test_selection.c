#include "cmocka_prelude.h"

#include "model/selection.h"

#include <string.h>

static void add(struct selection *selection, const char *text, bool excludes)
{
    struct err err;
    struct table_pattern pattern = {.text = strdup(text), .excludes = excludes};
    assert_true(selection_add(selection, pattern, &err));
}

static void assert_holds(const struct selection *selection, const char *const *texts)
{
    for (size_t i = 0; i < selection->count; i++)
        assert_string_equal(selection->patterns[i].text, texts[i]);
    assert_null(texts[selection->count]);
}

static void later_patterns_override_those_of_their_kind(void **state)
{
    (void)state;
    struct selection selection = {.count = 0};
    add(&selection, "included before", false);
    add(&selection, "excluded before", true);
    add(&selection, "included after", false);
    add(&selection, "included after, too", false);

    selection_override(&selection, 2);

    assert_holds(&selection,
        (const char *const[]){"excluded before", "included after", "included after, too", NULL});
    selection_release(&selection);
}

static void without_later_patterns_the_earlier_ones_stay(void **state)
{
    (void)state;
    struct selection selection = {.count = 0};
    selection_override(&selection, 0);
    add(&selection, "included", false);
    add(&selection, "excluded", true);

    selection_override(&selection, 2);

    assert_holds(&selection, (const char *const[]){"included", "excluded", NULL});
    selection_release(&selection);
}

static void there_is_a_most_of_patterns(void **state)
{
    (void)state;
    struct selection selection = {.count = 0};
    for (int i = 0; i < SELECTION_PATTERNS_MAX; i++)
        add(&selection, "t", false);
    struct table_pattern pattern = {.text = strdup("t")};
    struct err err;

    assert_false(selection_add(&selection, pattern, &err));

    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(selection.count, SELECTION_PATTERNS_MAX);
    selection_release(&selection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_patterns_override_those_of_their_kind),
        cmocka_unit_test(without_later_patterns_the_earlier_ones_stay),
        cmocka_unit_test(there_is_a_most_of_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
