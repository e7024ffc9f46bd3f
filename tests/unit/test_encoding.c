// Expected values are PostgreSQL's: convert_to(text, 'EUC_JP') and its like.
#include "cmocka_prelude.h"

#include "postgres/encoding.h"

static void assert_becomes(const char *server_encoding, struct str text, struct str utf8)
{
    struct encoding *encoding = encoding_new(server_encoding);
    for (int again = 0; again < 2; again++) {
        struct str converted = encoding_to_utf8(encoding, text);
        assert_int_equal(converted.len, utf8.len);
        assert_memory_equal(converted.ptr, utf8.ptr, utf8.len);
    }
    encoding_free(encoding);
}

static void characters_are_converted(void **state)
{
    (void)state;
    static const struct {
        const char *encoding;
        struct str text;
        struct str utf8;
    } cases[] = {
        {"LATIN1", STR_CONST("caf\xe9 \xa4"), STR_CONST("caf\xc3\xa9 \xc2\xa4")},
        {"LATIN9", STR_CONST("\xa4"), STR_CONST("\xe2\x82\xac")},
        {"WIN1252", STR_CONST("\x80x"), STR_CONST("\xe2\x82\xacx")},
        {"KOI8R", STR_CONST("\xcd\xc9\xd2"), STR_CONST("\xd0\xbc\xd0\xb8\xd1\x80")},
        {"EUC_JP", STR_CONST("a\xc6\xfc\xcb\xdc z"), STR_CONST("a\xe6\x97\xa5\xe6\x9c\xac z")},
        {"EUC_JP", STR_CONST("\xad\xa1"), STR_CONST("\xe2\x91\xa0")},
        {"EUC_JP", STR_CONST("\x8e\xb1\x8f\xb0\xa1"), STR_CONST("\xef\xbd\xb1\xe4\xb8\x82")},
        {"EUC_KR", STR_CONST("\xb0\xa1"), STR_CONST("\xea\xb0\x80")},
        {"EUC_TW", STR_CONST("\x8e\xa2\xa1\xa1x"), STR_CONST("\xe4\xb9\x82x")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_becomes(cases[i].encoding, cases[i].text, cases[i].utf8);
}

static void what_needs_no_conversion_is_lent_as_it_is(void **state)
{
    (void)state;
    const char *const names[] = {"UTF8", "SQL_ASCII", "MULE_INTERNAL", "", "no such encoding"};
    const struct str text = STR("caf\xe9 \xc3\xa9");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct encoding *encoding = encoding_new(names[i]);
        assert_ptr_equal(encoding_to_utf8(encoding, text).ptr, text.ptr);
        encoding_free(encoding);
    }
    struct encoding *latin1 = encoding_new("LATIN1");
    const struct str ascii = STR("only ASCII\n\x7f");
    assert_ptr_equal(encoding_to_utf8(latin1, ascii).ptr, ascii.ptr);
    assert_int_equal(encoding_to_utf8(latin1, STR("")).len, 0);
    encoding_free(latin1);
}

static void a_byte_that_is_no_character_becomes_one_that_utf8_never_has(void **state)
{
    (void)state;
    assert_becomes("WIN1252", STR("a\x81z"), STR("a\xffz"));
    assert_becomes("EUC_JP", STR("a\xff\xc6\xfcz"), STR("a\xff\xe6\x97\xa5z"));
    assert_becomes("EUC_JP", STR("\xc6z"), STR("\xffz"));
}

static void a_character_cut_off_is_none(void **state)
{
    (void)state;
    assert_becomes("EUC_JP", STR("a\xc6"), STR("a\xff"));
    assert_becomes("EUC_JP", STR("a\x8f\xb0"), STR("a\xff\xff"));
    assert_becomes("EUC_TW", STR("\x8e\xa2"), STR("\xff\xff"));
    assert_becomes("EUC_KR", STR("\x8e"), STR("\xc2\x8e"));
}

// The letter and the mark stay two characters, as in the server's own conversion.
static void characters_that_follow_are_not_composed(void **state)
{
    (void)state;
    assert_becomes("WIN1258", STR("A\xcc"), STR("A\xcc\x80"));
    assert_becomes("WIN1255", STR("\xe9\xc4"), STR("\xd7\x99\xd6\xb4"));
}

static void every_encoding_of_a_database_has_a_conversion(void **state)
{
    (void)state;
    const char *const names[] = {"EUC_CN", "EUC_JIS_2004", "EUC_JP", "EUC_KR", "EUC_TW",
        "ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "KOI8R", "KOI8U", "LATIN1",
        "LATIN2", "LATIN3", "LATIN4", "LATIN5", "LATIN6", "LATIN7", "LATIN8", "LATIN9", "LATIN10",
        "WIN866", "WIN874", "WIN1250", "WIN1251", "WIN1252", "WIN1253", "WIN1254", "WIN1255",
        "WIN1256", "WIN1257", "WIN1258"};
    const struct str text = STR("x\xd7\xd7y");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct encoding *encoding = encoding_new(names[i]);
        if (encoding_to_utf8(encoding, text).ptr == text.ptr)
            fail_msg("%s is not converted", names[i]);
        encoding_free(encoding);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_converted),
        cmocka_unit_test(what_needs_no_conversion_is_lent_as_it_is),
        cmocka_unit_test(a_byte_that_is_no_character_becomes_one_that_utf8_never_has),
        cmocka_unit_test(a_character_cut_off_is_none),
        cmocka_unit_test(characters_that_follow_are_not_composed),
        cmocka_unit_test(every_encoding_of_a_database_has_a_conversion),
    };
    return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
