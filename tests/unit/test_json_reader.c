#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/json_reader.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

// The text in memory that ends where it ends, to be freed.
static char *copy_of(struct str text)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    memcpy(copy, text.ptr, text.len);
    return copy;
}

static bool is_json(struct str text)
{
    char *copy = copy_of(text);
    struct json_reader reader = json_reader_over(copy, text.len);
    json_skip(&reader);
    bool done = json_done(&reader);
    free(copy);
    return done;
}

static const struct str document = STR_CONST(
    " { \"a\" : [1, -2.5e3, true, false, null, {}, []],\"text\":\"x\\u00e9\\ud83d\\ude00\\n\"} ");

static void a_document_is_walked(void **state)
{
    (void)state;
    char *copy = copy_of(document);
    struct json_reader reader = json_reader_over(copy, document.len);
    struct str name;

    json_enter_object(&reader);
    assert_true(json_member(&reader, &name));
    assert_true(str_equal(name, STR("a")));
    json_enter_array(&reader);
    assert_true(json_element(&reader));
    assert_float_equal(json_number(&reader), 1, 0);
    assert_true(json_element(&reader));
    assert_float_equal(json_number(&reader), -2500, 0);
    assert_true(json_element(&reader));
    assert_true(json_bool(&reader));
    assert_true(json_element(&reader));
    assert_false(json_bool(&reader));
    for (size_t rest = 0; rest < 3; rest++) {
        assert_true(json_element(&reader));
        json_skip(&reader);
    }
    assert_false(json_element(&reader));
    assert_true(json_member(&reader, &name));
    assert_true(str_equal(json_string(&reader), STR("x\xc3\xa9\xf0\x9f\x98\x80\n")));
    assert_false(json_member(&reader, &name));
    assert_true(json_done(&reader));
    free(copy);
}

static void no_prefix_is_a_document(void **state)
{
    (void)state;
    for (size_t len = 0; len < document.len - 2; len++)
        assert_false(is_json((struct str){document.ptr, len}));
    assert_true(is_json(document));
}

static void what_is_no_json_fails(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR_CONST(""),
        STR_CONST("{,}"),
        STR_CONST("{\"a\":1,}"),
        STR_CONST("[1,]"),
        STR_CONST("[,1]"),
        STR_CONST("[1 2]"),
        STR_CONST("{\"a\" 1}"),
        STR_CONST("{1:1}"),
        STR_CONST("nul"),
        STR_CONST("01"),
        STR_CONST("1."),
        STR_CONST("1e"),
        STR_CONST("-"),
        STR_CONST("+1"),
        STR_CONST("\"\\x\""),
        STR_CONST("\"\\u12g4\""),
        STR_CONST("\"\\u12\""),
        STR_CONST("\"\\\"\\u12"),
        STR_CONST("\"\\ud800\""),
        STR_CONST("\"\\udc00\""),
        STR_CONST("\"\\ud800\\u0041\""),
        STR_CONST("\"\n\""),
        STR_CONST("\"\xff\""),
        STR_CONST("\"\xc3\""),
        STR_CONST("1 1"),
        STR_CONST("[}"),
        STR_CONST("'a'"),
        STR_CONST("\"a\\"),
        STR_CONST("\"\\"),
        STR_CONST("1e400000000000000000"
                  "00000000000000000000000000000000000000000000000000000"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(is_json(texts[i]));
}

static void a_number_is_read_only_where_one_is(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR_CONST("\"1\""), STR_CONST("true"), STR_CONST("[1]"), STR_CONST("")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *copy = copy_of(texts[i]);
        struct json_reader reader = json_reader_over(copy, texts[i].len);
        assert_float_equal(json_number(&reader), 0, 0);
        json_skip(&reader);
        assert_false(json_done(&reader));
        free(copy);
    }
}

static void depth_has_a_bound(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1000);
    for (size_t depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        buf_clear(&text);
        for (size_t i = 0; i < depth; i++)
            buf_add_byte(&text, '[');
        for (size_t i = 0; i < depth; i++)
            buf_add_byte(&text, ']');
        assert_int_equal(is_json(buf_str(&text)), depth <= JSON_DEPTH_MAX);
    }
    buf_release(&text);
}

// The reader looks at sixteen bytes at a time: each kind of special byte at each place among them.
static void a_special_byte_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t len = 1; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[64];
            memset(text, 'a', sizeof text);
            text[0] = '"';
            text[len + 1] = '"';
            assert_true(is_json((struct str){text, len + 2}));
            text[at + 1] = '\x1f';
            assert_false(is_json((struct str){text, len + 2}));
            text[at + 1] = '\x80';
            assert_false(is_json((struct str){text, len + 2}));
            text[at + 1] = '\\';
            assert_false(is_json((struct str){text, len + 2}));
            text[at + 1] = '\x7f';
            assert_true(is_json((struct str){text, len + 2}));
        }
    }
}

static void escapes_are_undone_in_place(void **state)
{
    (void)state;
    struct str text = STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E4\\u20ac\"");
    char *copy = copy_of(text);
    struct json_reader reader = json_reader_over(copy, text.len);
    assert_true(str_equal(json_string(&reader), STR("\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac")));
    assert_true(json_done(&reader));
    free(copy);
}

static void what_is_no_string_can_be_skipped(void **state)
{
    (void)state;
    struct str text = STR("[\"a\",null,7,{\"b\":[]},\"c\"]");
    char *copy = copy_of(text);
    struct json_reader reader = json_reader_over(copy, text.len);
    const struct str expected[] = {STR("a"), STR(""), STR(""), STR(""), STR("c")};
    json_enter_array(&reader);
    for (size_t i = 0; i < 5; i++) {
        assert_true(json_element(&reader));
        assert_true(str_equal(json_string_or_skip(&reader), expected[i]));
    }
    assert_false(json_element(&reader));
    assert_true(json_done(&reader));
    free(copy);
}

static void a_failed_reader_ends_every_loop(void **state)
{
    (void)state;
    char text[] = "[1,";
    struct json_reader reader = json_reader_over(text, 3);
    struct str name;
    json_enter_object(&reader);
    assert_false(json_member(&reader, &name));
    assert_false(json_element(&reader));
    assert_int_equal(json_peek(&reader), JSON_INVALID);
    assert_int_equal(json_string(&reader).len, 0);
    assert_false(json_done(&reader));
}

// Whatever comes of it: the sanitizers watch that nothing else is touched.
static void garbage_harms_nobody(void **state)
{
    (void)state;
    struct random random = random_from(1);
    for (int round = 0; round < 20000; round++) {
        char text[128];
        memcpy(text, document.ptr, document.len);
        for (uint64_t changes = 1 + random_below(&random, 4); changes > 0; changes--)
            text[random_below(&random, document.len)] = (char)random_below(&random, 256);
        is_json((struct str){text, document.len});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_walked),
        cmocka_unit_test(no_prefix_is_a_document),
        cmocka_unit_test(what_is_no_json_fails),
        cmocka_unit_test(a_number_is_read_only_where_one_is),
        cmocka_unit_test(depth_has_a_bound),
        cmocka_unit_test(a_special_byte_is_seen_wherever_it_stands),
        cmocka_unit_test(escapes_are_undone_in_place),
        cmocka_unit_test(what_is_no_string_can_be_skipped),
        cmocka_unit_test(a_failed_reader_ends_every_loop),
        cmocka_unit_test(garbage_harms_nobody),
    };
    return cmocka_run_group_tests_name("json_reader", tests, NULL, NULL);
}
