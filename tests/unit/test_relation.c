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

static void assert_text(const struct json_text *json, const char *expected, size_t invalid)
{
    assert_true(str_equal(json->text, str_from_c(expected)));
    assert_int_equal(json->invalid, invalid);
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
    assert_text(&relation->quoted_json, "\",\"table\":\"public.t\",\"operation\":\"", 0);
    const struct column *id = &relation->columns[0];
    assert_text(
        &id->new_json[false], ",\"id\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"", 0);
    assert_text(&id->old_json[true], "\"old\":{\"q\":\"true\",\"t\":\"integer\",\"v\":\"", 0);
    const struct column *odd = &relation->columns[1];
    const char *odd_name = ",\"\\\"a\\u003c\\ufffd\\\"\":{";
    assert_text(&odd->name_json, odd_name, 1);
    assert_int_equal(odd->new_json[true].invalid, 1);
    assert_int_equal(odd->old_json[true].invalid, 0);

    relation_set_types(relation, (const struct str[]){STR("bigint"), STR("c\xff")});

    assert_text(
        &id->new_json[true], ",\"id\":{\"new\":{\"q\":\"true\",\"t\":\"bigint\",\"v\":\"", 0);
    assert_text(&odd->old_json[false], "\"old\":{\"q\":\"false\",\"t\":\"c\\ufffd\",\"v\":\"", 1);
    assert_int_equal(odd->new_json[true].invalid, 2);
    assert_text(&odd->name_json, odd_name, 1);
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
        cmocka_unit_test(a_relation_without_columns_is_a_relation),
    };
    return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
