#include "cmocka_prelude.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "encode/partition_key.h"
#include "model/event.h"
#include "model/relation.h"

#include <stdlib.h>
#include <string.h>

// Columns id, v and "a-b"; the primary key is given.
static struct relation *table(const struct str *key, size_t count)
{
    const struct column columns[] = {
        {.name = STR("id"), .quoted = STR("id"), .type = STR("integer")},
        {.name = STR("v"), .quoted = STR("v"), .type = STR("text")},
        {.name = STR("a-b"), .quoted = STR("\"a-b\""), .type = STR("text")},
    };
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 3});
    relation_set_key(relation, key, count);
    return relation;
}

static struct datum text_of(struct str text)
{
    return (struct datum){.kind = DATUM_TEXT, .quoted = true, .text = text};
}

// The key of a row of a table whose key is (v, id).
static void assert_key(const struct datum *old, const struct datum *new, const char *expected)
{
    const struct str names[] = {STR("v"), STR("id")};
    struct relation *relation = table(names, 2);
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .old_row = old, .new_row = new}};
    struct buf key;
    partition_key_init(&key);

    partition_key_of(&key, &event);

    assert_string_equal(buf_c(&key), expected);
    buf_release(&key);
    relation_free(relation);
}

static const struct datum one = {.kind = DATUM_TEXT, .text = {.ptr = "1", .len = 1}};
static const struct datum two = {.kind = DATUM_TEXT, .text = {.ptr = "2", .len = 1}};
static const struct datum null = {.kind = DATUM_NULL};
static const struct datum absent = {.kind = DATUM_ABSENT};
static const struct datum unchanged = {.kind = DATUM_UNCHANGED};

static void names_the_columns_in_the_keys_order_with_their_values(void **state)
{
    (void)state;
    const struct datum row[] = {one, text_of(STR("x")), null};
    assert_key(NULL, row, "public.tvqxidn1");
}

static void an_update_of_the_key_goes_by_the_new_row(void **state)
{
    (void)state;
    const struct datum old[] = {one, text_of(STR("x")), null};
    const struct datum new[] = {two, text_of(STR("y")), null};
    assert_key(old, new, "public.tvqyidn2");
}

static void a_delete_goes_by_the_old_row(void **state)
{
    (void)state;
    const struct datum old[] = {one, text_of(STR("x")), null};
    assert_key(old, NULL, "public.tvqxidn1");
}

static void a_large_value_left_alone_comes_from_the_old_row(void **state)
{
    (void)state;
    const struct datum old[] = {one, text_of(STR("large")), null};
    const struct datum new[] = {two, unchanged, null};
    assert_key(old, new, "public.tvqlargeidn2");
    assert_key(NULL, new, "public.tvidn2");
}

static void a_column_the_row_does_not_hold_gives_its_name_only(void **state)
{
    (void)state;
    const struct datum row[] = {absent, null, null};
    assert_key(NULL, row, "public.tvid");
    assert_key(NULL, NULL, "public.tvid");
}

static void a_column_to_be_quoted_gives_its_name_only(void **state)
{
    (void)state;
    const struct str names[] = {STR("a-b"), STR("id")};
    struct relation *relation = table(names, 2);
    const struct datum row[] = {one, null, text_of(STR("x"))};
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .new_row = row}};
    struct buf key;
    partition_key_init(&key);

    partition_key_of(&key, &event);

    assert_string_equal(buf_c(&key), "public.ta-bidn1");
    buf_release(&key);
    relation_free(relation);
}

static void without_a_key_the_table_is_the_key(void **state)
{
    (void)state;
    struct relation *relation = table(NULL, 0);
    const struct datum row[] = {one, null, null};
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .new_row = row}};
    struct buf key;
    partition_key_init(&key);

    partition_key_of(&key, &event);
    assert_string_equal(buf_c(&key), "public.t");
    partition_key_of_relation(&key, relation);
    assert_string_equal(buf_c(&key), "public.t");

    buf_release(&key);
    relation_free(relation);
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
    (void)state;
    const struct datum row[] = {one, text_of(STR("caf\xe9\xc3\xa9\xc3")), null};
    assert_key(NULL, row, "public.tvqcaf\xef\xbf\xbd\xc3\xa9\xef\xbf\xbdidn1");
}

// The key of (v) with a value of `len` bytes, two a character.
static struct str key_of_length(struct buf *key, size_t len)
{
    const struct str names[] = {STR("v")};
    struct relation *relation = table(names, 1);
    char *value = alloc_bytes(len);
    for (size_t i = 0; i < len; i++)
        value[i] = i % 2 ? '\xa9' : '\xc3';
    const struct datum row[] = {one, text_of((struct str){.ptr = value, .len = len}), null};
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .new_row = row}};
    partition_key_of(key, &event);
    free(value);
    relation_free(relation);
    return buf_str(key);
}

static void a_key_of_256_bytes_stays_whole(void **state)
{
    (void)state;
    struct buf key;
    partition_key_init(&key);
    assert_int_equal(key_of_length(&key, 246).len, 256);
    assert_memory_equal(key.ptr, "public.tvq\xc3\xa9", 12);
    buf_release(&key);
}

static void a_longer_key_is_cut_at_a_character_and_keeps_its_digest(void **state)
{
    (void)state;
    struct buf key;
    partition_key_init(&key);

    struct str shortened = key_of_length(&key, 248);

    // Byte 223 is the second of a character (ten bytes before, then two each).
    assert_int_equal(shortened.len, 222 + 1 + 32);
    struct buf whole;
    buf_init(&whole, 1000);
    buf_add(&whole, STR("public.tvq"));
    for (size_t i = 0; i < 124; i++)
        buf_add(&whole, STR("\xc3\xa9"));
    assert_memory_equal(shortened.ptr, whole.ptr, 222);
    struct sha256 digest = sha256_of(buf_str(&whole));
    buf_clear(&whole);
    buf_add_byte(&whole, ':');
    buf_add_hex(&whole, sha256_str(&digest));
    assert_memory_equal(shortened.ptr + 222, whole.ptr, 33);
    buf_release(&whole);
    buf_release(&key);
}

static void two_long_keys_that_differ_at_the_end_differ(void **state)
{
    (void)state;
    struct buf a;
    struct buf b;
    partition_key_init(&a);
    partition_key_init(&b);
    assert_false(str_equal(key_of_length(&a, 2000), key_of_length(&b, 2002)));
    buf_release(&a);
    buf_release(&b);
}

static void a_key_of_any_length_is_at_most_256_bytes_of_utf8(void **state)
{
    (void)state;
    struct buf key;
    partition_key_init(&key);
    const size_t lengths[] = {247, 300, 100000, 5 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct str rest = key_of_length(&key, lengths[i]);
        assert_true(buf_ok(&key));
        assert_in_range(rest.len, 1, PARTITION_KEY_BYTES_MAX);
        while (rest.len > 0) {
            assert_true(utf8_length(rest) > 0);
            rest = str_after(rest, utf8_length(rest));
        }
    }
    buf_release(&key);
}

static void a_long_relation_name_is_shortened_too(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof name);
    struct relation *relation = relation_new(&(struct relation){
        .schema = STR(""), .name = STR(""), .quoted = {.ptr = name, .len = sizeof name}});
    struct buf key;
    partition_key_init(&key);
    partition_key_of_relation(&key, relation);
    assert_int_equal(key.len, 256);
    assert_int_equal(key.ptr[223], ':');
    buf_release(&key);
    relation_free(relation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_columns_in_the_keys_order_with_their_values),
        cmocka_unit_test(an_update_of_the_key_goes_by_the_new_row),
        cmocka_unit_test(a_delete_goes_by_the_old_row),
        cmocka_unit_test(a_large_value_left_alone_comes_from_the_old_row),
        cmocka_unit_test(a_column_the_row_does_not_hold_gives_its_name_only),
        cmocka_unit_test(a_column_to_be_quoted_gives_its_name_only),
        cmocka_unit_test(without_a_key_the_table_is_the_key),
        cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
        cmocka_unit_test(a_key_of_256_bytes_stays_whole),
        cmocka_unit_test(a_longer_key_is_cut_at_a_character_and_keeps_its_digest),
        cmocka_unit_test(two_long_keys_that_differ_at_the_end_differ),
        cmocka_unit_test(a_key_of_any_length_is_at_most_256_bytes_of_utf8),
        cmocka_unit_test(a_long_relation_name_is_shortened_too),
    };
    return cmocka_run_group_tests_name("partition_key", tests, NULL, NULL);
}
