#include "cmocka_prelude.h"

#include "model/relation.h"
#include "postgres/relation_cache.h"

#include <stdio.h>

enum {
    RELATIONS_MAX = 100
};

static struct relation *relation_of_columns(struct str quoted, const char *names)
{
    struct column columns[8];
    size_t count = 0;
    for (; names[count]; count++) {
        struct str name = {.ptr = &names[count], .len = 1};
        columns[count] = (struct column){.name = name, .quoted = name, .type = STR("integer")};
    }
    return relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("x"),
        .quoted = quoted,
        .columns = columns,
        .column_count = count});
}

static void finds_what_was_put(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    struct relation *a = relation_of_columns(STR("public.a"), "i");
    struct relation *b = relation_of_columns(STR("public.b"), "i");
    assert_null(relation_cache_get(cache, STR("public.a")));

    relation_cache_put(cache, a);
    relation_cache_put(cache, b);

    assert_ptr_equal(relation_cache_get(cache, STR("public.a")), a);
    assert_ptr_equal(relation_cache_get(cache, STR("public.b")), b);
    assert_null(relation_cache_get(cache, STR("public.")));
    relation_cache_free(cache);
}

static void only_an_heir_known_in_part_has_a_key_without_its_columns(void **state)
{
    (void)state;
    const struct str key[] = {STR("b"), STR("a")};
    for (int is_partial = 0; is_partial <= 1; is_partial++) {
        struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
        struct relation *before = relation_of_columns(STR("public.t"), "ab");
        relation_set_key(before, key, 2);
        relation_cache_put(cache, before);

        struct relation *heir = relation_of_columns(STR("public.t"), "xb");
        heir->is_partial = is_partial;
        relation_cache_put(cache, heir);

        assert_int_equal(heir->key_count, is_partial ? 2 : 0);
        if (is_partial)
            assert_int_equal(heir->key[1].column, KEY_COLUMN_NOT_HELD);
        relation_cache_free(cache);
    }
}

static struct relation *relation_of_type(struct str type, uint32_t type_oid)
{
    const struct column column = {
        .name = STR("id"), .quoted = STR("id"), .type = type, .type_oid = type_oid};
    return relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = &column,
        .column_count = 1});
}

static void a_key_moves_when_its_columns_have_other_types(void **state)
{
    (void)state;
    static const struct {
        struct str type;
        uint32_t type_oid;
        bool moves;
    } successions[] = {
        {STR_CONST("integer"), 0, false},
        {STR_CONST("text"), 0, true},
        {STR_CONST("???"), 25, true},
        {STR_CONST("text"), 25, false},
        {STR_CONST("text"), 23, true},
    };
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    struct relation *relation = relation_of_type(STR("integer"), 0);
    relation_set_key(relation, &STR("id"), 1);
    relation_cache_put(cache, relation);
    for (size_t i = 0; i < sizeof successions / sizeof *successions; i++) {
        relation = relation_of_type(successions[i].type, successions[i].type_oid);
        relation_cache_put(cache, relation);

        assert_int_equal(relation->key_moved, successions[i].moves);
        relation->key_moved = false;
    }
    relation_cache_free(cache);
}

static void that_a_key_moved_is_inherited(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    struct relation *before = relation_of_columns(STR("public.t"), "ab");
    before->key_moved = true;
    relation_cache_put(cache, before);

    struct relation *heir = relation_of_columns(STR("public.t"), "ab");
    relation_cache_put(cache, heir);

    assert_true(heir->key_moved);
    relation_cache_free(cache);
}

static void an_heir_has_key_and_plan_and_asks_again(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    struct relation *before = relation_of_columns(STR("public.t"), "ab");
    const struct str key[] = {STR("b"), STR("a")};
    relation_set_key(before, key, 2);
    before->key_is_known = true;
    before->key_due_ms = 77;
    before->plan = PLAN_SEND;
    relation_cache_put(cache, before);

    struct relation *heir = relation_of_columns(STR("public.t"), "axb");
    relation_cache_put(cache, heir);

    assert_ptr_equal(relation_cache_get(cache, STR("public.t")), heir);
    assert_int_equal(heir->key_count, 2);
    assert_int_equal(heir->key[0].column, 2);
    assert_int_equal(heir->key[1].column, 0);
    assert_false(heir->key_is_known);
    assert_int_equal(heir->key_due_ms, 0);
    assert_int_equal(heir->plan, PLAN_SEND);
    relation_cache_free(cache);
}

static void what_was_replaced_lives_until_the_sweep(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    struct relation *before = relation_of_columns(STR("public.t"), "ab");
    relation_cache_put(cache, before);

    relation_cache_put(cache, relation_of_columns(STR("public.t"), "abc"));
    relation_cache_put(cache, relation_of_columns(STR("public.t"), "abcd"));

    assert_int_equal(before->column_count, 2); // Read after free, if it were freed.
    relation_cache_sweep(cache);
    assert_int_equal(relation_cache_get(cache, STR("public.t"))->column_count, 4);
    relation_cache_sweep(cache);
    relation_cache_free(cache);
}

static struct str numbered(char *room, size_t bytes, int number)
{
    int len = snprintf(room, bytes, "public.t%d", number);
    return (struct str){.ptr = room, .len = (size_t)len};
}

static void the_one_not_used_for_longest_is_crowded_out(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    char room[32];
    for (int i = 0; i < RELATIONS_MAX; i++)
        relation_cache_put(cache, relation_of_columns(numbered(room, sizeof room, i), "i"));
    struct relation *oldest = relation_cache_get(cache, STR("public.t0"));
    struct relation *next = relation_cache_get(cache, STR("public.t1"));
    relation_cache_get(cache, STR("public.t0")); // Used after public.t1.
    for (int i = 2; i < RELATIONS_MAX; i++)
        relation_cache_get(cache, numbered(room, sizeof room, i));
    relation_cache_get(cache, STR("public.t0"));

    relation_cache_put(cache, relation_of_columns(STR("public.new"), "i"));

    assert_null(relation_cache_get(cache, STR("public.t1")));
    assert_ptr_equal(relation_cache_get(cache, STR("public.t0")), oldest);
    assert_int_equal(next->column_count, 1); // Not freed before the sweep.
    relation_cache_sweep(cache);
    assert_non_null(relation_cache_get(cache, STR("public.t2")));
    relation_cache_free(cache);
}

static void replacing_one_crowds_out_none(void **state)
{
    (void)state;
    struct relation_cache *cache = relation_cache_new(RELATIONS_MAX);
    char room[32];
    for (int i = 0; i < RELATIONS_MAX; i++)
        relation_cache_put(cache, relation_of_columns(numbered(room, sizeof room, i), "i"));

    relation_cache_put(cache, relation_of_columns(STR("public.t7"), "ij"));

    assert_non_null(relation_cache_get(cache, STR("public.t0")));
    assert_int_equal(relation_cache_get(cache, STR("public.t7"))->column_count, 2);
    relation_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_put),
        cmocka_unit_test(only_an_heir_known_in_part_has_a_key_without_its_columns),
        cmocka_unit_test(a_key_moves_when_its_columns_have_other_types),
        cmocka_unit_test(that_a_key_moved_is_inherited),
        cmocka_unit_test(an_heir_has_key_and_plan_and_asks_again),
        cmocka_unit_test(what_was_replaced_lives_until_the_sweep),
        cmocka_unit_test(the_one_not_used_for_longest_is_crowded_out),
        cmocka_unit_test(replacing_one_crowds_out_none),
    };
    return cmocka_run_group_tests_name("relation_cache", tests, NULL, NULL);
}
