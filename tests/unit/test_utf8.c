#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <string.h>

static void text_is_valid_only_if_each_character_is(void **state)
{
    (void)state;
    const struct str wide = STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    char text[64];
    for (size_t before = 0; before <= 33; before++) {
        memset(text, 'a', sizeof text);
        memcpy(text + before, wide.ptr, wide.len);
        struct str whole = {.ptr = text, .len = before + wide.len};
        assert_true(utf8_is_valid(whole));
        assert_false(utf8_is_valid((struct str){.ptr = text, .len = whole.len - 1}));
        text[before] = '\xff';
        assert_false(utf8_is_valid(whole));
    }
    assert_true(utf8_is_valid(STR("")));
}

static void a_character_is_as_long_as_its_first_byte_says(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(STR("ab")), 1);
    assert_int_equal(utf8_length(STR("\xc3\xa9"
                                     "b")),
        2);
    assert_int_equal(utf8_length(STR("\xe2\x82\xac"
                                     "b")),
        3);
    assert_int_equal(utf8_length(STR("\xf0\x9f\x98\x80"
                                     "b")),
        4);
    assert_int_equal(utf8_length(STR("\xa9")), 0);
    assert_int_equal(utf8_length(STR("")), 0);
}

static void assert_written(struct str text, const char *expected)
{
    struct buf buf;
    buf_init(&buf, UTF8_GROWTH_MAX * text.len);
    utf8_write(&buf, text);
    assert_true(str_equal(buf_str(&buf), str_from_c(expected)));
    buf_release(&buf);
}

// A search from each byte on to the end would take minutes.
static void nothing_but_wrong_bytes_are_as_easy_as_others(void **state)
{
    (void)state;
    const size_t len = 4 << 20;
    char *bytes = test_malloc(len);
    memset(bytes, '\xe9', len);
    struct buf buf;
    buf_init(&buf, UTF8_GROWTH_MAX * len);

    utf8_write(&buf, (struct str){.ptr = bytes, .len = len});

    assert_true(buf_ok(&buf));
    assert_int_equal(buf.len, UTF8_GROWTH_MAX * len);
    buf_release(&buf);
    test_free(bytes);
}

static void what_is_no_character_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    assert_written(STR(""), "");
    assert_written(STR("twenty bytes, and \xc3\xa9"), "twenty bytes, and \xc3\xa9");
    assert_written(STR("\xff"), "\xef\xbf\xbd");
    assert_written(STR("a\xe2\x82z"), "a\xef\xbf\xbd\xef\xbf\xbdz");
    assert_written(STR("\xc3\xa9\xc3"), "\xc3\xa9\xef\xbf\xbd");
}

// Bytes are looked at sixteen at a time, and the last of them twice: wherever a byte stands.
static void a_byte_that_is_no_character_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    char text[50];
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len <= sizeof text; len++) {
        assert_true(utf8_is_valid((struct str){text, len}));
        for (size_t at = 0; at < len; at++) {
            text[at] = '\x80';
            assert_false(utf8_is_valid((struct str){text, len}));
            text[at] = 'a';
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_valid_only_if_each_character_is),
        cmocka_unit_test(a_character_is_as_long_as_its_first_byte_says),
        cmocka_unit_test(what_is_no_character_is_replaced_byte_by_byte),
        cmocka_unit_test(nothing_but_wrong_bytes_are_as_easy_as_others),
        cmocka_unit_test(a_byte_that_is_no_character_is_seen_wherever_it_stands),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
