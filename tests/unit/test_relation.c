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

static void names_are_held_as_json_writes_them(void **state)
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
    assert_true(str_equal(relation->quoted_json.text, STR("\"public.t\"")));
    assert_true(str_equal(relation->columns[0].type_json.text, STR(",\"t\":\"integer\",\"v\":\"")));
    const struct json_name *odd = &relation->columns[1].quoted_json;
    assert_true(str_equal(odd->text, STR("\"\\\"a\\u003c\\ufffd\\\"\":{")));
    assert_int_equal(odd->invalid, 1);

    relation_set_types(relation, (const struct str[]){STR("bigint"), STR("citext")});

    assert_true(str_equal(relation->columns[0].type_json.text, STR(",\"t\":\"bigint\",\"v\":\"")));
    assert_true(str_equal(relation->columns[1].type_json.text, STR(",\"t\":\"citext\",\"v\":\"")));
    assert_true(str_equal(odd->text, STR("\"\\\"a\\u003c\\ufffd\\\"\":{")));
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
        cmocka_unit_test(names_are_held_as_json_writes_them),
        cmocka_unit_test(a_relation_without_columns_is_a_relation),
    };
    return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
