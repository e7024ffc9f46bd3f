#include "cmocka_prelude.h"

#include "base/buf.h"
#include "model/lsn.h"

#include <stdio.h>

static void reads_what_it_prints(void **state)
{
    (void)state;
    struct err err = {0};
    lsn_t lsn = 0;
    assert_true(lsn_parse(STR("16/B374D848"), &lsn, &err));
    assert_true(lsn == 0x16b374d848);
    char text[32];
    snprintf(text, sizeof text, LSN_FMT, LSN_ARG(lsn));
    assert_string_equal(text, "16/B374D848");
}

static void takes_postgres_19s_leading_zeros(void **state)
{
    (void)state;
    struct err err = {0};
    lsn_t lsn = 0;
    assert_true(lsn_parse(STR("0/0000abCD"), &lsn, &err));
    assert_true(lsn == 0xabcd);
}

static void refuses_what_is_no_position(void **state)
{
    (void)state;
    const struct str refused[] = {STR(""), STR("1"), STR("/"), STR("1/"), STR("/1"), STR("g/1"),
        STR("123456789/0"), STR("0/123456789"), STR("1/2/3"), STR("1/ 2")};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err err = {0};
        lsn_t lsn = 77;
        assert_false(lsn_parse(refused[i], &lsn, &err));
        assert_int_equal(err.kind, ERR_DATA);
        assert_int_equal(lsn, 77);
    }
}

static void writes_as_printf_does(void **state)
{
    (void)state;
    const lsn_t positions[] = {0, 0xabcd, 0x100000000, 0x16b374d848, UINT64_MAX};
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        struct buf written;
        buf_init(&written, 32);
        lsn_add(&written, positions[i]);
        char text[32];
        snprintf(text, sizeof text, LSN_FMT, LSN_ARG(positions[i]));
        assert_string_equal(buf_c(&written), text);
        buf_release(&written);
    }
}

static void writes_as_many_digits_as_there_are(void **state)
{
    (void)state;
    for (int bits = 0; bits <= 32; bits++) {
        const uint32_t number = (uint32_t)(((uint64_t)1 << bits) - 1) & 0xdeadbeef;
        const lsn_t lsn = (lsn_t)(number ^ 0x5) << 32 | number;
        struct buf written;
        buf_init(&written, 32);
        lsn_add(&written, lsn);
        char text[32];
        snprintf(text, sizeof text, LSN_FMT, LSN_ARG(lsn));
        assert_string_equal(buf_c(&written), text);
        buf_release(&written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_prints),
        cmocka_unit_test(takes_postgres_19s_leading_zeros),
        cmocka_unit_test(refuses_what_is_no_position),
        cmocka_unit_test(writes_as_printf_does),
        cmocka_unit_test(writes_as_many_digits_as_there_are),
    };
    return cmocka_run_group_tests_name("lsn", tests, NULL, NULL);
}
