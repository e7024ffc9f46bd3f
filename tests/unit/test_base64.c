#include "cmocka_prelude.h"

#include "base/base64.h"
#include "base/buf.h"

#include <openssl/evp.h>

static void every_length_comes_back(void **state)
{
    (void)state;
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct buf text;
        struct buf back;
        buf_init(&text, 1000);
        buf_init(&back, 1000);
        base64_write(&text, (struct str){bytes, len});
        assert_true(base64_read(&back, buf_str(&text)));
        assert_true(str_equal(buf_str(&back), (struct str){bytes, len}));
        buf_release(&text);
        buf_release(&back);
    }
}

static void writes_rfc_4648s_vectors(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 100);
    base64_write(&text, STR("foobar"));
    base64_write(&text, STR("fooba"));
    base64_write(&text, STR("f"));
    assert_string_equal(buf_c(&text), "Zm9vYmFyZm9vYmE=Zg==");
    buf_release(&text);
}

// The writer takes six bytes at a time, but for the last ones.
static void writes_what_libcrypto_writes(void **state)
{
    (void)state;
    uint8_t bytes[256];
    unsigned char expected[400];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct buf text;
        buf_init(&text, sizeof expected);
        base64_write(&text, (struct str){(const char *)bytes, len});
        EVP_EncodeBlock(expected, bytes, (int)len);
        assert_string_equal(buf_c(&text), (const char *)expected);
        buf_release(&text);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    const struct str refused[] = {
        STR("Zg="),
        STR("Z"),
        STR("===="),
        STR(" Zg="),
        STR("Zg==\n"),
        STR("Z!=="),
        STR("Z!Zg"),
        STR("Zg==Zg==x"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buf back;
        buf_init(&back, 100);
        assert_false(base64_read(&back, refused[i]));
        assert_int_equal(back.len, 0);
        buf_release(&back);
    }
}

static void bytes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct buf back;
    buf_init(&back, 2);
    assert_false(base64_read(&back, STR("Zm9v")));
    assert_int_equal(back.len, 0);
    buf_release(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(writes_rfc_4648s_vectors),
        cmocka_unit_test(writes_what_libcrypto_writes),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(bytes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
