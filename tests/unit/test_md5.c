#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/md5.h"
#include "base/random.h"

#include <openssl/evp.h>

enum {
    BYTES_MAX = 200,
    TEXTS_A_LENGTH = 20
};

static void it_is_rfc_1321s(void **state)
{
    (void)state;
    const struct {
        struct str text;
        const char *digest;
    } suite[] = {
        {STR(""), "d41d8cd98f00b204e9800998ecf8427e"},
        {STR("a"), "0cc175b9c0f1b6a831c399e269772661"},
        {STR("abc"), "900150983cd24fb0d6963f7d28e17f72"},
        {STR("message digest"), "f96b697d7cb7938d525a2f31aaf161d0"},
        {STR("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b"},
        {STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "d174ab98d277d9f5a5611c2c9f419d9f"},
        {STR("123456789012345678901234567890123456789012345678901234567890123456789012345678"
             "90"),
            "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (size_t i = 0; i < sizeof suite / sizeof *suite; i++) {
        struct md5 md5;
        md5_of_each(&suite[i].text, 1, &md5);
        struct buf hex;
        buf_init(&hex, 2 * sizeof md5.bytes);
        buf_add_hex(&hex, (struct str){(const char *)md5.bytes, sizeof md5.bytes});
        assert_string_equal(buf_c(&hex), suite[i].digest);
        buf_release(&hex);
    }
}

static void it_is_libcryptos_at_every_length(void **state)
{
    (void)state;
    struct random random = random_from(1);
    for (size_t len = 0; len <= BYTES_MAX; len++) {
        for (size_t i = 0; i < TEXTS_A_LENGTH; i++) {
            char bytes[BYTES_MAX];
            for (size_t at = 0; at < len; at++)
                bytes[at] = (char)random_below(&random, 256);
            const struct str text = {.ptr = bytes, .len = len};
            struct md5 md5;
            struct md5 expected;

            md5_of_each(&text, 1, &md5);

            assert_true(EVP_Digest(bytes, len, expected.bytes, NULL, EVP_md5(), NULL));
            assert_memory_equal(&md5, &expected, sizeof md5);
        }
    }
}

static struct str random_text(struct random *random, char *bytes)
{
    const size_t len = random_below(random, BYTES_MAX);
    for (size_t at = 0; at < len; at++)
        bytes[at] = (char)random_below(random, 256);
    return (struct str){.ptr = bytes, .len = len};
}

static void of_each_of_several_it_is_that_of_each_alone(void **state)
{
    (void)state;
    struct random random = random_from(2);
    for (size_t i = 0; i < 1000; i++) {
        char bytes[MD5_AT_ONCE][BYTES_MAX];
        struct str texts[MD5_AT_ONCE];
        struct md5 md5s[MD5_AT_ONCE];
        const size_t count = random_below(&random, MD5_AT_ONCE + 1);
        for (size_t at = 0; at < count; at++)
            texts[at] = random_text(&random, bytes[at]);

        md5_of_each(texts, count, md5s);

        for (size_t at = 0; at < count; at++) {
            struct md5 alone;
            md5_of_each(&texts[at], 1, &alone);
            assert_memory_equal(&md5s[at], &alone, sizeof alone);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_rfc_1321s),
        cmocka_unit_test(it_is_libcryptos_at_every_length),
        cmocka_unit_test(of_each_of_several_it_is_that_of_each_alone),
    };
    return cmocka_run_group_tests_name("md5", tests, NULL, NULL);
}
