#include "cmocka_prelude.h"

#include "postgres/timestamp.h"

static void reads_every_zone(void **state)
{
    (void)state;
    // date -u -d '2026-11-22 08:47:02' +%s
    assert_true(timestamp_parse(STR("2026-11-22 08:47:02.186642+00")) == 1795337222186642);
    assert_true(timestamp_parse(STR("2026-11-22 14:17:02+05:30")) == 1795337222000000);
    assert_true(timestamp_parse(STR("2026-11-22 03:47:02.5-05")) == 1795337222500000);
    assert_true(timestamp_parse(STR("2026-11-22 08:45:47-00:01:15")) == 1795337222000000);
    assert_true(timestamp_parse(STR("1969-12-31 23:59:59.000001+00")) == -999999);
}

static void what_it_cannot_read_is_not_known(void **state)
{
    (void)state;
    const struct str refused[] = {
        STR(""),
        STR("infinity"),
        STR("2026-11-22 08:47:02"),
        STR("2026-11-22 08:47:02.1"),
        STR("2026-11-22 08:47:02+0"),
        STR("2026-11-22 08:47:02+00 BC"),
        STR("10000-07-01 00:00:00+00"),
        STR("2026-11-22T08:47:02+00"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_true(timestamp_parse(refused[i]) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_zone),
        cmocka_unit_test(what_it_cannot_read_is_not_known),
    };
    return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
