#include "cmocka_prelude.h"

#include "base/hash_map.h"

#include <stdio.h>

static void gives_back_what_was_put(void **state)
{
    (void)state;
    struct hash_map map;
    hash_map_init(&map);
    int a = 1;
    int b = 2;
    assert_null(hash_map_get(&map, STR("k")));
    assert_null(hash_map_put(&map, STR("k"), &a));
    assert_ptr_equal(hash_map_put(&map, STR("k"), &b), &a);
    assert_ptr_equal(hash_map_get(&map, STR("k")), &b);
    assert_null(hash_map_get(&map, STR("kk")));
    assert_ptr_equal(hash_map_take(&map, STR("k")), &b);
    assert_null(hash_map_take(&map, STR("k")));
    hash_map_release(&map);
}

static void what_is_not_held_is_not_taken(void **state)
{
    (void)state;
    struct hash_map map;
    hash_map_init(&map);
    int a = 1;
    assert_null(hash_map_put(&map, STR("k"), &a));

    assert_null(hash_map_take(&map, STR("kk")));

    assert_int_equal(map.count, 1);
    assert_ptr_equal(hash_map_get(&map, STR("k")), &a);
    hash_map_release(&map);
}

static void thousands_of_keys_come_and_go(void **state)
{
    (void)state;
    enum {
        KEYS = 5000
    };
    static int values[KEYS];
    struct hash_map map;
    hash_map_init(&map);
    char key[16];
    for (int i = 0; i < KEYS; i++)
        hash_map_put(
            &map, (struct str){key, (size_t)snprintf(key, sizeof key, "%d", i)}, &values[i]);
    for (int i = 0; i < KEYS; i += 2)
        assert_ptr_equal(
            hash_map_take(&map, (struct str){key, (size_t)snprintf(key, sizeof key, "%d", i)}),
            &values[i]);
    for (int i = 0; i < KEYS; i++) {
        struct str k = {key, (size_t)snprintf(key, sizeof key, "%d", i)};
        assert_ptr_equal(hash_map_get(&map, k), i % 2 ? &values[i] : NULL);
    }
    assert_int_equal(map.count, KEYS / 2);
    size_t at = 0;
    size_t seen = 0;
    while (hash_map_next(&map, &at))
        seen++;
    assert_int_equal(seen, KEYS / 2);
    hash_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_put),
        cmocka_unit_test(what_is_not_held_is_not_taken),
        cmocka_unit_test(thousands_of_keys_come_and_go),
    };
    return cmocka_run_group_tests_name("hash_map", tests, NULL, NULL);
}
