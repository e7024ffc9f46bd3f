#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/json_write.h"

#include <string.h>

static void escapes_what_go_escapes(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    size_t invalid =
        json_write_string(&buf, STR("a\"\\\n\r\t\b\f\x01\x7f<>&\xe2\x80\xa8\xe2\x80\xa9/"));
    assert_int_equal(invalid, 0);
    assert_string_equal(buf_c(&buf),
        "\"a\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0001\x7f\\u003c\\u003e\\u0026\\u2028\\u2029/\"");
    buf_release(&buf);
}

static void utf8_passes_unchanged(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    struct str text =
        STR("\xc3\xa9\xe2\x82\xac\xef\xbf\xbd\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf");
    assert_int_equal(json_write_text(&buf, text), 0);
    assert_true(str_equal(buf_str(&buf), text));
    buf_release(&buf);
}

static void each_byte_that_is_no_utf8_is_replaced_and_counted(void **state)
{
    (void)state;
    const struct {
        struct str text;
        size_t invalid;
    } cases[] = {
        {STR("\x80"), 1},
        {STR("\xc0\xaf"), 2},
        {STR("\xed\xa0\x80"), 3},
        {STR("\xf4\x90\x80\x80"), 4},
        {STR("\xe2\x82"), 2},
        {STR("\xf0\x80\x80\x80"), 4},
        {STR("\xff"), 1},
        {STR("\xc3"), 1},
        {STR("\xe0\x80\x80"), 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf;
        buf_init(&buf, 100);
        assert_int_equal(json_write_text(&buf, cases[i].text), cases[i].invalid);
        assert_int_equal(buf_str(&buf).len, 6 * cases[i].invalid);
        assert_memory_equal(buf_c(&buf), "\\ufffd", 6);
        buf_release(&buf);
    }
}

static void assert_written_alike_in_pieces(struct str text, size_t at)
{
    struct buf whole;
    struct buf pieces;
    buf_init(&whole, 100);
    buf_init(&pieces, 100);
    buf_room(&whole, 100); // So that the text is copied at once.

    json_write_text(&whole, text);
    buf_add(&pieces, (struct str){text.ptr, at});
    json_write_text(&pieces, (struct str){text.ptr + at, 1});
    buf_add(&pieces, str_after(text, at + 1));

    assert_string_equal(buf_c(&whole), buf_c(&pieces));
    buf_release(&whole);
    buf_release(&pieces);
}

// The writer looks at sixteen bytes at a time: each byte at each place among them.
static void a_byte_is_written_alike_wherever_it_stands(void **state)
{
    (void)state;
    char text[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJK";
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof text - 1; at++) {
            const char before = text[at];
            text[at] = (char)byte;
            for (size_t len = at + 1; len < sizeof text; len++)
                assert_written_alike_in_pieces((struct str){text, len}, at);
            text[at] = before;
        }
    }
}

// The same text into less and less room: what fits is there, and all of it is measured.
static void a_text_is_measured_alike_whatever_room_there_is(void **state)
{
    (void)state;
    const struct str before = STR("{\"v\":\"");
    const struct str text =
        STR("some plain text and a \" behind sixteen of it, then \xff and no more");
    struct buf whole;
    buf_init(&whole, 1000);
    buf_room(&whole, 1000);
    assert_int_equal(json_write_text_behind(&whole, before, text), 1);
    for (size_t room = 0; room < whole.len; room++) {
        struct buf some;
        buf_init(&some, room);
        buf_room(&some, room);
        assert_int_equal(json_write_text_behind(&some, before, text), 1);
        assert_false(buf_ok(&some));
        assert_int_equal(buf_wanted(&some), whole.len);
        assert_memory_equal(buf_c(&some), whole.ptr, some.len);
        buf_release(&some);
    }
    buf_release(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_go_escapes),
        cmocka_unit_test(utf8_passes_unchanged),
        cmocka_unit_test(a_byte_is_written_alike_wherever_it_stands),
        cmocka_unit_test(a_text_is_measured_alike_whatever_room_there_is),
        cmocka_unit_test(each_byte_that_is_no_utf8_is_replaced_and_counted),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
