#include "cmocka_prelude.h"

#include "app/misfits.h"
#include "base/buf.h"
#include "model/record.h"

#include <string.h>

#define REFUSED                                                                                    \
    "{\"time\":\"2026-11-22T12:00:00Z\",\"lsn\":\"0/1\",\"table\":\"public.\\\"Us\\\"\","          \
    "\"operation\":\"INSERT\",\"columns\":{}}"
#define KEY STR("public.usersnameqAda")

static struct err err;

static const struct oversize_record oversize = {
    .table = STR_CONST("public.users"),
    .partition_key = STR_CONST("public.usersnameqAda"),
    .lsn = 0x16b374d848,
    .bytes = 2000000,
    .bytes_max = 1048576,
};

static void assert_says(const char *part)
{
    if (!strstr(err.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
}

static void by_default_an_oversize_record_is_the_end(void **state)
{
    (void)state;
    struct misfits misfits = {.letters = NULL};
    struct buf *letter;

    assert_false(misfits_skip_oversize(&misfits, &oversize, &letter, &err));

    assert_int_equal(err.kind, ERR_FINAL);
    assert_says("2000000 bytes exceeds the stream's limit of 1048576");
    assert_says("table public.users, at 16/B374D848, SHA-256 of its key ");
    assert_says("--oversize skip or --oversize elide");
    assert_null(strstr(err.text, "Ada"));
}

static void what_is_too_large_without_its_values_is_the_end_too(void **state)
{
    (void)state;
    struct misfits misfits = {.oversize = OVERSIZE_ELIDE};
    struct buf *letter;

    assert_false(misfits_skip_oversize(&misfits, &oversize, &letter, &err));

    assert_says("without its values exceeds");
    assert_null(strstr(err.text, "--oversize elide"));
}

static void a_skipped_record_without_a_file_is_counted_and_gone(void **state)
{
    (void)state;
    struct misfits misfits = {.oversize = OVERSIZE_SKIP};
    struct buf *letter;

    assert_true(misfits_skip_oversize(&misfits, &oversize, &letter, &err));

    assert_null(letter);
    assert_int_equal(misfits.counts.oversize, 1);
    assert_true(misfits_sync(&misfits, &err));
}

static void refuse(const char *cause_text)
{
    struct misfits misfits = {.letters = NULL};
    struct record *record = record_new(KEY, STR(REFUSED));
    struct err cause;
    err_set(&cause, ERR_DATA, "%s", cause_text);

    assert_false(misfits_skip_refused(&misfits, record, &cause, &err));

    assert_int_equal(err.kind, ERR_FINAL);
    record_free(record);
}

static void a_refused_record_is_the_end_in_the_services_words(void **state)
{
    (void)state;
    refuse("PutRecords: status 400 ValidationException: no");

    assert_says("table public.\"Us\", at ");
    assert_says("ValidationException: no; hint: start with --refused skip");
}

static void words_that_quote_the_key_are_not_repeated(void **state)
{
    (void)state;
    refuse("PutRecords: Value 'public.usersnameqAda' at 'partitionKey' failed");

    assert_null(strstr(err.text, "Ada"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_an_oversize_record_is_the_end),
        cmocka_unit_test(what_is_too_large_without_its_values_is_the_end_too),
        cmocka_unit_test(a_skipped_record_without_a_file_is_counted_and_gone),
        cmocka_unit_test(a_refused_record_is_the_end_in_the_services_words),
        cmocka_unit_test(words_that_quote_the_key_are_not_repeated),
    };
    return cmocka_run_group_tests_name("misfits", tests, NULL, NULL);
}
