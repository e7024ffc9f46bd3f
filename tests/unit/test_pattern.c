#include "cmocka_prelude.h"

#include "model/selection.h"
#include "select/pattern.h"

#include <string.h>

struct vector {
    const char *text;
    const char *database;
    const char *schema;
    const char *name;
};

static void assert_same_text(const char *found, const char *expected)
{
    if (!expected)
        assert_null(found);
    else
        assert_string_equal(found, expected);
}

static void assert_reads(const struct vector *vectors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct table_pattern pattern;
        struct err err;

        assert_true(pattern_read(str_from_c(vectors[i].text), &pattern, &err));

        assert_string_equal(pattern.text, vectors[i].text);
        assert_same_text(pattern.database, vectors[i].database);
        assert_same_text(pattern.schema, vectors[i].schema);
        assert_same_text(pattern.name, vectors[i].name);
        table_pattern_release(&pattern);
    }
}

#define ASSERT_READS(...)                                                                          \
    do {                                                                                           \
        const struct vector vectors[] = {__VA_ARGS__};                                             \
        assert_reads(vectors, sizeof vectors / sizeof *vectors);                                   \
    } while (0)

static void letters_are_folded_outside_of_quotes(void **state)
{
    (void)state;
    ASSERT_READS({"users", NULL, NULL, "^(users)$"}, {"Users", NULL, NULL, "^(users)$"},
        {"\"Users\"", NULL, NULL, "^(Users)$"}, {"FOO\"BAR\"BAZ", NULL, NULL, "^(fooBARbaz)$"},
        {"Üser", NULL, NULL, "^(Üser)$"});
}

static void dots_part_database_schema_and_name(void **state)
{
    (void)state;
    ASSERT_READS({"pub*.us?r", NULL, "^(pub.*)$", "^(us.r)$"},
        {"\"a.b\".c", NULL, "^(a\\.b)$", "^(c)$"}, {".foo", NULL, "^()$", "^(foo)$"},
        {"foo.", NULL, "^(foo)$", "^()$"}, {"db.s.t", "db", "^(s)$", "^(t)$"},
        {"\"My Db\".s.\"T\"", "My Db", "^(s)$", "^(T)$"});
}

static void a_database_is_a_name_and_no_expression(void **state)
{
    (void)state;
    ASSERT_READS({"D*b?$[].s.t", "d*b?$[]", "^(s)$", "^(t)$"},
        {"\"a.\"\"B\".s.t", "a.\"B", "^(s)$", "^(t)$"});
}

static void wildcards_become_regular_expressions(void **state)
{
    (void)state;
    ASSERT_READS({"*", NULL, NULL, "^(.*)$"}, {"*.*", NULL, "^(.*)$", "^(.*)$"},
        {"a?c*", NULL, NULL, "^(a.c.*)$"}, {"\"a*b?\"", NULL, NULL, "^(a\\*b\\?)$"});
}

static void the_servers_expressions_pass_outside_of_quotes(void **state)
{
    (void)state;
    ASSERT_READS({"(foo|bar)", NULL, NULL, "^((foo|bar))$"},
        {"a[0-9]{2,3}b", NULL, NULL, "^(a[0-9]{2,3}b)$"}, {"R+", NULL, NULL, "^(r+)$"},
        {"^a\\d", NULL, NULL, "^(^a\\d)$"}, {"[[:ALPHA:]]", NULL, NULL, "^([[:alpha:]])$"});
}

static void inside_of_quotes_every_character_is_itself(void **state)
{
    (void)state;
    ASSERT_READS(
        {"\"|*+?()[]{}.^$\\\"", NULL, NULL, "^(\\|\\*\\+\\?\\(\\)\\[\\]\\{\\}\\.\\^\\$\\\\)$"},
        {"\"a\"\"b\"", NULL, NULL, "^(a\"b)$"}, {"\"\"", NULL, NULL, "^()$"},
        {"\"\"\"\"", NULL, NULL, "^(\")$"});
}

static void a_dollar_and_empty_brackets_are_themselves(void **state)
{
    (void)state;
    ASSERT_READS({"pay$roll", NULL, NULL, "^(pay\\$roll)$"}, {"x[]", NULL, NULL, "^(x\\[])$"},
        {"x[]]", NULL, NULL, "^(x\\[]])$"}, {"a$", NULL, NULL, "^(a\\$)$"});
}

static void assert_is_refused(const char *text, const char *reason)
{
    struct table_pattern pattern;
    struct err err;
    assert_false(pattern_read(str_from_c(text), &pattern, &err));
    assert_int_equal(err.kind, ERR_USAGE);
    assert_non_null(strstr(err.text, reason));
    assert_null(pattern.text);
}

static void what_is_no_pattern_is_refused_by_name(void **state)
{
    (void)state;
    assert_is_refused("a.b.c.d", "a.b.c.d: too many dotted names");
    assert_is_refused("a...d", "too many dotted names");
    assert_is_refused("\"a.b", "not closed");
    assert_is_refused("a\"\"\"", "not closed");
    assert_is_refused("", "empty");
}

static void the_longest_pattern_keeps_every_byte(void **state)
{
    (void)state;
    static char text[PATTERN_BYTES_MAX + 2];
    memset(text, '*', PATTERN_BYTES_MAX);
    struct table_pattern pattern;
    struct err err;

    assert_true(pattern_read(str_from_c(text), &pattern, &err));
    assert_int_equal(strlen(pattern.name), 2 * PATTERN_BYTES_MAX + 4);
    table_pattern_release(&pattern);

    text[PATTERN_BYTES_MAX] = '*';
    assert_is_refused(text, "longer than");
}

static void assert_cuts(const char *text, const char *const *expected)
{
    struct str list = str_from_c(text);
    do {
        assert_non_null(*expected);
        assert_true(str_equal(pattern_cut(&list, ','), str_from_c(*expected++)));
    } while (list.len > 0);
    assert_null(*expected);
}

static void a_list_is_cut_at_its_commas(void **state)
{
    (void)state;
    assert_cuts("a", (const char *const[]){"a", NULL});
    assert_cuts("a.b,c", (const char *const[]){"a.b", "c", NULL});
    assert_cuts(" a , b ", (const char *const[]){"a", "b", NULL});
    assert_cuts("a,,b", (const char *const[]){"a", "", "b", NULL});
    assert_cuts("", (const char *const[]){"", NULL});
}

static void commas_inside_of_quotes_and_braces_do_not_cut(void **state)
{
    (void)state;
    assert_cuts("\"a,b\",c", (const char *const[]){"\"a,b\"", "c", NULL});
    assert_cuts("a{2,3},b", (const char *const[]){"a{2,3}", "b", NULL});
    assert_cuts("\"{\",\"}\"", (const char *const[]){"\"{\"", "\"}\"", NULL});
    assert_cuts("\"a\"\",b\",c", (const char *const[]){"\"a\"\",b\"", "c", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_folded_outside_of_quotes),
        cmocka_unit_test(dots_part_database_schema_and_name),
        cmocka_unit_test(a_database_is_a_name_and_no_expression),
        cmocka_unit_test(wildcards_become_regular_expressions),
        cmocka_unit_test(the_servers_expressions_pass_outside_of_quotes),
        cmocka_unit_test(inside_of_quotes_every_character_is_itself),
        cmocka_unit_test(a_dollar_and_empty_brackets_are_themselves),
        cmocka_unit_test(what_is_no_pattern_is_refused_by_name),
        cmocka_unit_test(the_longest_pattern_keeps_every_byte),
        cmocka_unit_test(a_list_is_cut_at_its_commas),
        cmocka_unit_test(commas_inside_of_quotes_and_braces_do_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
