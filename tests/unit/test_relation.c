#include "cmocka_prelude.h"

#include "model/relation.h"

static void columns_are_sorted_bytewise_by_their_quoted_names(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("b"), .quoted = STR("b"), .type = STR("text")},
        {.name = STR("a_b"), .quoted = STR("a_b"), .type = STR("text")},
        {.name = STR("UP"), .quoted = STR("\"UP\""), .type = STR("text")},
        {.name = STR("a"), .quoted = STR("a"), .type = STR("text")},
    };
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 4});
    const uint16_t expected[] = {2, 3, 1, 0};
    assert_memory_equal(relation->sorted, expected, sizeof expected);
    assert_true(relation->columns != columns);
    assert_true(str_equal(relation->columns[2].name, STR("UP")));
    relation_free(relation);
}

static void a_key_column_is_found_by_its_unquoted_name(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("id"), .quoted = STR("id"), .type = STR("integer")},
        {.name = STR("a-b"), .quoted = STR("\"a-b\""), .type = STR("integer")},
    };
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 2});
    const struct str key[] = {STR("a-b"), STR("id"), STR("gone")};

    relation_set_key(relation, key, 3);

    assert_int_equal(relation->key_count, 3);
    assert_int_equal(relation->key[0].column, KEY_COLUMN_NOT_HELD);
    assert_int_equal(relation->key[1].column, 0);
    assert_int_equal(relation->key[2].column, KEY_COLUMN_NOT_HELD);
    assert_true(str_equal(relation->key[2].name, STR("gone")));

    relation_set_key(relation, NULL, 0);
    assert_int_equal(relation->key_count, 0);
    relation_free(relation);
}

static void assert_text(struct str text, const char *expected)
{
    assert_true(str_equal(text, str_from_c(expected)));
}

static void assert_name(const struct column *column, const char *expected, size_t invalid)
{
    assert_text((struct str){.ptr = column->json[0].ptr, .len = column->json_name}, expected);
    assert_int_equal(column->name_invalid, invalid);
}

static void what_stands_before_values_is_held_as_json_writes_it(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("id"), .quoted = STR("id"), .type = STR("integer")},
        {.name = STR("a<\xff"), .quoted = STR("\"a<\xff\""), .type = STR("text")},
    };
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 2});
    assert_text(relation->quoted_json, "\",\"table\":\"public.t\",\"operation\":\"");
    assert_int_equal(relation->quoted_invalid, 0);
    const struct column *id = &relation->columns[0];
    assert_text(
        id->json[false], "\"}},\"id\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"");
    assert_text(
        str_after(id->json[true], id->json_value), "\":{\"q\":\"true\",\"t\":\"integer\",\"v\":\"");
    const struct column *odd = &relation->columns[1];
    const char *odd_name = "\"}},\"\\\"a\\u003c\\ufffd\\\"\":{";
    assert_name(odd, odd_name, 1);
    assert_int_equal(odd->type_invalid, 0);

    relation_set_types(relation, (const struct str[]){STR("bigint"), STR("c\xff")});

    assert_text(id->json[true], "\"}},\"id\":{\"new\":{\"q\":\"true\",\"t\":\"bigint\",\"v\":\"");
    assert_text(str_after(odd->json[false], odd->json_value),
        "\":{\"q\":\"false\",\"t\":\"c\\ufffd\",\"v\":\"");
    assert_name(odd, odd_name, 1);
    assert_int_equal(odd->type_invalid, 1);
    relation_free(relation);
}

static void nothing_is_held_that_no_value_of_a_type_shows(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("a"),
            .quoted = STR("a"),
            .type = STR("text"),
            .type_oid = 25,
            .form = VALUE_QUOTED},
        {.name = STR("b"),
            .quoted = STR("b"),
            .type = STR("integer"),
            .type_oid = 23,
            .form = VALUE_BARE},
    };
    struct relation *relation = relation_new(&(struct relation){.schema = STR("s"),
        .name = STR("t"),
        .quoted = STR("s.t"),
        .columns = columns,
        .column_count = 2});

    assert_text(relation->columns[0].shown, "");
    assert_text(relation->columns[0].json[false],
        "\"}},\"a\":{\"new\":{\"q\":\"false\",\"t\":\"text\",\"v\":\"");
    assert_text(relation->columns[0].json[true],
        "\"}},\"a\":{\"new\":{\"q\":\"true\",\"t\":\"text\",\"v\":\"");
    assert_text(relation->columns[1].json[false],
        "\"}},\"b\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"");
    assert_text(relation->columns[1].json[true], "");
    relation_free(relation);
}

static void a_relation_without_columns_is_a_relation(void **state)
{
    (void)state;
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("z"),
        .quoted = STR("public.z"),
        .columns = NULL,
        .column_count = 0});
    assert_int_equal(relation->column_count, 0);
    assert_true(relation->table == relation_table(STR("public.z")));
    relation_free(relation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_sorted_bytewise_by_their_quoted_names),
        cmocka_unit_test(a_key_column_is_found_by_its_unquoted_name),
        cmocka_unit_test(what_stands_before_values_is_held_as_json_writes_it),
        cmocka_unit_test(nothing_is_held_that_no_value_of_a_type_shows),
        cmocka_unit_test(a_relation_without_columns_is_a_relation),
    };
    return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
