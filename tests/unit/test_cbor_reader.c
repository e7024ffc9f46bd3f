#include "cmocka_prelude.h"

#include "base/cbor_reader.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The bytes in memory that ends where they end, to be freed.
static char *copy_of(struct str bytes)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

static bool is_cbor(struct str bytes)
{
    char *copy = copy_of(bytes);
    struct cbor_reader reader = cbor_reader_over(copy, bytes.len);
    cbor_skip(&reader);
    bool done = cbor_done(&reader);
    free(copy);
    return done;
}

// {"a": [1, -2, 1.5, true, false, null, {}, []], "text": "xé", "bytes": h'00ff'}
static const struct str definite = STR_CONST("\xa3\x61"
                                             "a\x88\x01\x21\xf9\x3e\x00\xf5\xf4\xf6\xa0\x80"
                                             "\x64text\x63x\xc3\xa9"
                                             "\x65"
                                             "bytes\x42\x00\xff");
// The same without lengths, the strings in pieces, with a tag here and there.
static const struct str indefinite =
    STR_CONST("\xd9\xd9\xf7\xbf\x61"
              "a\x9f\x01\x21\xf9\x3e\x00\xf5\xf4\xf7\xc0\xbf\xff\x9f\xff\xff"
              "\x7f\x62te\x60\x62xt\xff\x7f\x61x\x62\xc3\xa9\xff"
              "\x65"
              "bytes\xc2\x5f\x41\x00\x41\xff\xff\xff");

static void assert_document(struct str bytes)
{
    char *copy = copy_of(bytes);
    struct cbor_reader reader = cbor_reader_over(copy, bytes.len);
    struct str name;

    cbor_enter_map(&reader);
    assert_true(cbor_member(&reader, &name));
    assert_true(str_equal(name, STR("a")));
    cbor_enter_array(&reader);
    assert_true(cbor_element(&reader));
    assert_float_equal(cbor_number(&reader), 1, 0);
    assert_true(cbor_element(&reader));
    assert_float_equal(cbor_number(&reader), -2, 0);
    assert_true(cbor_element(&reader));
    assert_float_equal(cbor_number(&reader), 1.5, 0);
    assert_true(cbor_element(&reader));
    assert_int_equal(cbor_peek(&reader), CBOR_KIND_TRUE);
    cbor_skip(&reader);
    assert_true(cbor_element(&reader));
    assert_int_equal(cbor_peek(&reader), CBOR_KIND_FALSE);
    cbor_skip(&reader);
    assert_true(cbor_element(&reader));
    assert_int_equal(cbor_peek(&reader), CBOR_KIND_NULL);
    cbor_skip(&reader);
    for (size_t rest = 0; rest < 2; rest++) {
        assert_true(cbor_element(&reader));
        cbor_skip(&reader);
    }
    assert_false(cbor_element(&reader));
    assert_true(cbor_member(&reader, &name));
    assert_true(str_equal(name, STR("text")));
    assert_true(str_equal(cbor_text(&reader), STR("x\xc3\xa9")));
    assert_true(cbor_member(&reader, &name));
    assert_true(str_equal(cbor_bytes(&reader), STR("\x00\xff")));
    assert_false(cbor_member(&reader, &name));
    assert_true(cbor_done(&reader));
    free(copy);
}

static void a_document_is_walked(void **state)
{
    (void)state;
    assert_document(definite);
}

static void lengths_may_be_left_out(void **state)
{
    (void)state;
    assert_document(indefinite);
}

static double number_of(struct str bytes)
{
    char *copy = copy_of(bytes);
    struct cbor_reader reader = cbor_reader_over(copy, bytes.len);
    double number = cbor_number(&reader);
    assert_true(cbor_done(&reader));
    free(copy);
    return number;
}

// The examples of RFC 8949, appendix A.
static void numbers_have_the_value_they_stand_for(void **state)
{
    (void)state;
    const struct {
        struct str bytes;
        double value;
    } numbers[] = {
        {STR("\x00"), 0},
        {STR("\x17"), 23},
        {STR("\x18\x64"), 100},
        {STR("\x19\x03\xe8"), 1000},
        {STR("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), 1e12},
        {STR("\x20"), -1},
        {STR("\x39\x03\xe7"), -1000},
        {STR("\xf9\x3c\x00"), 1},
        {STR("\xf9\x7b\xff"), 65504},
        {STR("\xf9\x00\x01"), 5.960464477539063e-8},
        {STR("\xf9\x04\x00"), 0.00006103515625},
        {STR("\xf9\xc4\x00"), -4},
        {STR("\xf9\x7c\x00"), (double)INFINITY},
        {STR("\xfa\x47\xc3\x50\x00"), 100000},
        {STR("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"), 1.1},
        {STR("\xfb\xc0\x10\x66\x66\x66\x66\x66\x66"), -4.1},
        // The service's time: a tag, and milliseconds.
        {STR("\xc1\x1b\x00\x00\x01\x9a\x12\x34\x56\x78"), 1761242011256},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(number_of(numbers[i].bytes) == numbers[i].value);
}

static void what_is_no_cbor_fails(void **state)
{
    (void)state;
    const struct str broken[] = {
        STR(""),
        STR("\x1c"),             // A head that is reserved.
        STR("\x1f"),             // A number without a length.
        STR("\x3f"),             // Likewise.
        STR("\xdf\x00"),         // A tag without a number.
        STR("\xff"),             // An end of nothing.
        STR("\xf8\x20"),         // A simple value of the reader's own.
        STR("\x82\x01\xff"),     // An end within what has a length.
        STR("\xbf\x61k\xff"),    // A name without a value.
        STR("\xa1\x01\x02"),     // A name that is no text.
        STR("\x61\xff"),         // Text that is no UTF-8.
        STR("\x7f\x41x\xff"),    // Bytes as a piece of text.
        STR("\x7f\x7f\xff\xff"), // Pieces in pieces.
        STR("\x01\x01"),         // More than one.
        STR("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff"),
        STR("\x9b\x00\x00\x00\x00\xff\xff\xff\xff\x01"),
        STR("\xbb\x80\x00\x00\x00\x00\x00\x00\x01\x01"),
        STR("\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(is_cbor(broken[i]));
}

static void a_document_cut_short_fails_at_any_length(void **state)
{
    (void)state;
    assert_true(is_cbor(definite));
    assert_true(is_cbor(indefinite));
    for (size_t len = 0; len < definite.len; len++)
        assert_false(is_cbor((struct str){.ptr = definite.ptr, .len = len}));
    for (size_t len = 0; len < indefinite.len; len++)
        assert_false(is_cbor((struct str){.ptr = indefinite.ptr, .len = len}));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char nested[2 * (CBOR_DEPTH_MAX + 1)];
    for (size_t depth = CBOR_DEPTH_MAX; depth <= CBOR_DEPTH_MAX + 1; depth++) {
        memset(nested, '\x9f', depth);
        memset(nested + depth, '\xff', depth);
        assert_int_equal(
            is_cbor((struct str){.ptr = nested, .len = 2 * depth}), depth == CBOR_DEPTH_MAX);
    }
}

static void failure_is_sticky(void **state)
{
    (void)state;
    char *copy = copy_of(STR("\x82\x61x\x01"));
    struct cbor_reader reader = cbor_reader_over(copy, 4);
    struct str name;

    cbor_enter_map(&reader);

    assert_true(reader.failed);
    assert_false(cbor_member(&reader, &name));
    cbor_enter_array(&reader);
    assert_false(cbor_element(&reader));
    assert_int_equal(cbor_text(&reader).len, 0);
    assert_int_equal(cbor_peek(&reader), CBOR_KIND_INVALID);
    assert_float_equal(cbor_number(&reader), 0, 0);
    assert_false(cbor_done(&reader));
    free(copy);
}

static void a_member_that_is_no_text_stands_for_none(void **state)
{
    (void)state;
    const struct str others[] = {
        STR("\xf6"), STR("\x07"), STR("\x41x"), STR("\x81\x61x"), STR("\xbf\x61k\x61x\xff")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *copy = copy_of(others[i]);
        struct cbor_reader reader = cbor_reader_over(copy, others[i].len);
        assert_int_equal(cbor_text_or_skip(&reader).len, 0);
        assert_true(cbor_done(&reader));
        free(copy);
    }
}

// Whatever a peer sends, the reader ends, within its bytes.
static void any_bytes_are_survived(void **state)
{
    (void)state;
    struct random random = random_from(1);
    for (size_t round = 0; round < 20000; round++) {
        char bytes[40];
        const size_t len = (size_t)random_below(&random, sizeof bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)random_below(&random, 256);
        is_cbor((struct str){.ptr = bytes, .len = len});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_walked),
        cmocka_unit_test(lengths_may_be_left_out),
        cmocka_unit_test(numbers_have_the_value_they_stand_for),
        cmocka_unit_test(what_is_no_cbor_fails),
        cmocka_unit_test(a_document_cut_short_fails_at_any_length),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(a_member_that_is_no_text_stands_for_none),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests_name("cbor_reader", tests, NULL, NULL);
}
