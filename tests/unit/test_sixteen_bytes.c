#include "cmocka_prelude.h"

#include "base/sixteen_bytes.h"

#include <string.h>

enum {
    LEN_MAX = 70
};

static inline sixteen_bytes are_blanks(sixteen_bytes bytes)
{
    return bytes == ' ';
}

static inline sixteen_bytes are_no_letters(sixteen_bytes bytes)
{
    return (bytes < 'a') | (bytes > 'z');
}

// Letters in memory of exactly their size, so that a sanitizer sees one byte too many.
static char *letters(size_t len)
{
    char *text = test_malloc(len + (len == 0));
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    return text;
}

static void what_is_asked_for_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t len = 0; len < LEN_MAX; len++) {
        char *text = letters(len);
        const struct str all = {.ptr = text, .len = len};
        assert_false(sixteen_any_in(all, are_blanks));
        assert_false(sixteen_any_in(all, are_no_letters));
        for (size_t at = 0; at < len; at++) {
            const char was = text[at];
            text[at] = ' ';
            assert_true(sixteen_any_in(all, are_blanks));
            text[at] = '\x80';
            assert_false(sixteen_any_in(all, are_blanks));
            assert_true(sixteen_any_in(all, are_no_letters));
            text[at] = was;
        }
        test_free(text);
    }
}

// None is missing, and none is there that the text has not.
static void a_text_that_is_spread_has_the_same_bytes(void **state)
{
    (void)state;
    for (size_t len = 1; len <= SIXTEEN; len++) {
        char *text = letters(len);
        const sixteen_bytes spread = sixteen_bytes_spread((struct str){.ptr = text, .len = len});
        char bytes[SIXTEEN];
        memcpy(bytes, &spread, sizeof bytes);
        for (size_t i = 0; i < len; i++)
            assert_non_null(memchr(bytes, text[i], sizeof bytes));
        for (size_t i = 0; i < sizeof bytes; i++)
            assert_non_null(memchr(text, bytes[i], len));
        test_free(text);
    }
}

static void a_text_starts_with_what_it_starts_with_and_nothing_else(void **state)
{
    (void)state;
    for (size_t len = 0; len < LEN_MAX; len++) {
        char *text = letters(len);
        for (size_t prefix_len = 0; prefix_len <= len; prefix_len++) {
            char *copy = letters(prefix_len);
            const struct str prefix = {.ptr = copy, .len = prefix_len};
            assert_true(sixteen_starts_with((struct str){.ptr = text, .len = len}, prefix));
            if (prefix_len > 0)
                assert_false(
                    sixteen_starts_with((struct str){.ptr = text, .len = prefix_len - 1}, prefix));
            for (size_t at = 0; at < prefix_len; at++) {
                copy[at] ^= 1;
                assert_false(sixteen_starts_with((struct str){.ptr = text, .len = len}, prefix));
                copy[at] ^= 1;
            }
            test_free(copy);
        }
        test_free(text);
    }
}

static void a_text_of_few_bytes_is_copied_and_nothing_besides(void **state)
{
    (void)state;
    for (size_t len = 1; len <= SIXTEEN; len++) {
        char *text = letters(len);
        char *copy = test_malloc(len);
        sixteen_bytes_copy(copy, (struct str){.ptr = text, .len = len});
        assert_memory_equal(copy, text, len);
        test_free(copy);
        test_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_is_seen_wherever_it_stands),
        cmocka_unit_test(a_text_that_is_spread_has_the_same_bytes),
        cmocka_unit_test(a_text_starts_with_what_it_starts_with_and_nothing_else),
        cmocka_unit_test(a_text_of_few_bytes_is_copied_and_nothing_besides),
    };
    return cmocka_run_group_tests_name("sixteen_bytes", tests, NULL, NULL);
}
