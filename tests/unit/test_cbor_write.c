#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/cbor_write.h"

static void assert_bytes(struct buf *buf, struct str expected)
{
    assert_int_equal(buf->len, expected.len);
    assert_memory_equal(buf->ptr, expected.ptr, expected.len);
    buf_clear(buf);
}

// The examples of RFC 8949, appendix A.
static void a_head_is_as_short_as_its_argument_allows(void **state)
{
    (void)state;
    const struct {
        uint64_t argument;
        struct str bytes;
    } heads[] = {
        {0, STR("\x00")},
        {23, STR("\x17")},
        {24, STR("\x18\x18")},
        {255, STR("\x18\xff")},
        {256, STR("\x19\x01\x00")},
        {65535, STR("\x19\xff\xff")},
        {1000000, STR("\x1a\x00\x0f\x42\x40")},
        {UINT32_MAX, STR("\x1a\xff\xff\xff\xff")},
        {1000000000000, STR("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00")},
        {UINT64_MAX, STR("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")},
    };
    struct buf buf;
    buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        cbor_write_head(&buf, CBOR_UNSIGNED, heads[i].argument);
        assert_bytes(&buf, heads[i].bytes);
    }
    buf_release(&buf);
}

static void each_kind_has_its_own_head(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);

    cbor_write_text(&buf, STR("IETF"));
    cbor_write_text(&buf, STR(""));
    cbor_write_bytes(&buf, STR("\x01\x00\x03\x04"));
    assert_bytes(&buf, STR("\x64"
                           "IETF\x60\x44\x01\x00\x03\x04"));
    cbor_write_head(&buf, CBOR_ARRAY, 3);
    cbor_write_head(&buf, CBOR_MAP, 25);
    cbor_write_head(&buf, CBOR_TAG, 1);
    assert_bytes(&buf, STR("\x83\xb8\x19\xc1"));
    cbor_write_bool(&buf, false);
    cbor_write_bool(&buf, true);
    assert_bytes(&buf, STR("\xf4\xf5"));
    buf_release(&buf);
}

static void what_has_no_length_ends_by_a_mark(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);

    cbor_write_open(&buf, CBOR_MAP);
    cbor_write_text(&buf, STR("a"));
    cbor_write_open(&buf, CBOR_ARRAY);
    cbor_write_end(&buf);
    cbor_write_end(&buf);

    assert_bytes(&buf, STR("\xbf\x61"
                           "a\x9f\xff\xff"));
    buf_release(&buf);
}

static void a_string_is_put_where_there_is_room(void **state)
{
    (void)state;
    char room[CBOR_HEAD_BYTES_MAX + 5];

    char *end = cbor_put_string(room, CBOR_TEXT, STR("hello"));

    assert_int_equal(end - room, 6);
    assert_memory_equal(room, "\x65hello", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_as_short_as_its_argument_allows),
        cmocka_unit_test(each_kind_has_its_own_head),
        cmocka_unit_test(what_has_no_length_ends_by_a_mark),
        cmocka_unit_test(a_string_is_put_where_there_is_room),
    };
    return cmocka_run_group_tests_name("cbor_write", tests, NULL, NULL);
}
