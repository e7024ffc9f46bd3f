#include "cmocka_prelude.h"

#include "base/buf.h"
#include "postgres/plugin.h"

static void assert_options(
    enum plugin plugin, const struct publications *publications, const char *expected)
{
    struct buf command;
    buf_init(&command, 1000);
    plugin_add_options(&command, plugin, publications, false);
    assert_string_equal(buf_c(&command), expected);
    buf_release(&command);
}

static void test_decoding_tells_xids(void **state)
{
    (void)state;
    const struct publications none = {.count = 0};
    assert_options(
        PLUGIN_TEST_DECODING, &none, "(\"include-xids\" 'on', \"skip-empty-xacts\" 'on')");
}

static void publications_are_named_as_they_are_spelled(void **state)
{
    (void)state;
    const struct publications some = {
        .names = {STR("a"), STR("B c"), STR("o\"n'e"), STR("x,y")}, .count = 4};
    assert_options(PLUGIN_PGOUTPUT, &some,
        "(proto_version '1', publication_names '\"a\",\"B c\",\"o\"\"n''e\",\"x,y\"')");
}

static void messages_are_told_where_they_are_wanted(void **state)
{
    (void)state;
    const struct publications one = {.names = {STR("a")}, .count = 1};
    struct buf command;
    buf_init(&command, 1000);
    plugin_add_options(&command, PLUGIN_PGOUTPUT, &one, true);
    assert_string_equal(
        buf_c(&command), "(proto_version '1', publication_names '\"a\"', messages 'true')");
    buf_release(&command);
}

static void a_plugin_is_known_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(plugin_of_name(STR("pgoutput")), PLUGIN_PGOUTPUT);
    assert_int_equal(plugin_of_name(STR("test_decoding")), PLUGIN_TEST_DECODING);
    assert_int_equal(plugin_of_name(STR("wal2json")), PLUGIN_AUTO);
    assert_int_equal(plugin_of_name(STR("")), PLUGIN_AUTO);
    assert_string_equal(plugin_name(PLUGIN_PGOUTPUT), "pgoutput");
}

static void no_more_publications_are_taken_than_there_is_room_for(void **state)
{
    (void)state;
    struct publications publications = {.count = 0};
    struct err err = {0};
    for (size_t i = 0; i < PUBLICATIONS_MAX; i++)
        assert_true(publications_add(&publications, STR("a"), &err));

    assert_false(publications_add(&publications, STR("b"), &err));

    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.text, "more than 32 publications");
    assert_int_equal(publications.count, PUBLICATIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoding_tells_xids),
        cmocka_unit_test(publications_are_named_as_they_are_spelled),
        cmocka_unit_test(messages_are_told_where_they_are_wanted),
        cmocka_unit_test(no_more_publications_are_taken_than_there_is_room_for),
        cmocka_unit_test(a_plugin_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
