#include "cmocka_prelude.h"

#include "test_decoding_reading.h"
#include "test_decoding_vectors.h"

#include <string.h>

// What a line shows of a table that is known is not read again: each place where it may differ.
static void a_known_table_is_read_as_one_that_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct str line = str_from_c(vectors[i].line);
        for (size_t len = 0; len < line.len && str_starts_with(line, STR("table")); len++) {
            struct str prefix = {.ptr = line.ptr, .len = len};
            struct reading knows = reading_new();
            struct reading does_not = reading_new();
            assert_true(read_line(&knows, "BEGIN 7") && read_line(&does_not, "BEGIN 7"));
            assert_true(read_bytes(&knows, line));

            bool ok = read_bytes(&knows, prefix);

            assert_int_equal(read_bytes(&does_not, prefix), ok);
            if (!ok)
                assert_string_equal(knows.err.text, does_not.err.text);
            else if (!knows.event.change.old_row) // Of which the known table tells more.
                assert_string_equal(show(&knows), show(&does_not));
            reading_release(&knows);
            reading_release(&does_not);
        }
    }
}

// Of the table before, or of one whose name begins as that one's.
static void a_known_table_stands_for_no_other_and_may_leave_columns_out(void **state)
{
    (void)state;
    static const struct vector rows[] = {
        {"table public.t: INSERT: a[text]:'' b[text]:''",
            "insert <public> <t> new a:text='' b:text=''"},
        {"table public.t: DELETE: b[text]:''", "delete <public> <t> old a:text=absent b:text=''"},
        {"table public.t2: DELETE: b[text]:''", "delete <public> <t2> old b:text=''"},
        {"table public.\"T\": DELETE: b[text]:''", "delete <public> <T> old b:text=''"},
        {"table public.\"T\"\": \": DELETE: b[text]:''", "delete <public> <T\": > old b:text=''"},
    };
    struct reading reading = reading_new();
    assert_reads(&reading, "BEGIN 7", "begin 7");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_reads(&reading, rows[i].line, rows[i].shown);
    reading_release(&reading);
}

// Up to where it differs from what is known it was read already.
static void a_row_that_does_not_fit_is_read_from_its_beginning(void **state)
{
    (void)state;
    static const struct vector rows[] = {
        {"table public.t: INSERT: a[text]:'it''s' b[text]:'x'",
            "insert <public> <t> new a:text='it's' b:text='x'"},
        {"table public.t: INSERT: a[text]:'A line''s memory has room for what is undone of it, and "
         "not for the same again.' c[text]:'x''y'",
            "insert <public> <t> new a:text='A line's memory has room for what is undone of it, "
            "and "
            "not for the same again.' c:text='x'y'"},
        {"table public.t: UPDATE: old-key: a[text]:'''1' new-tuple: a[text]:'2''' d[text]:'''3'",
            "update <public> <t> old a:text=''1' d:text=absent new a:text='2'' d:text=''3'"},
    };
    struct reading reading = reading_new();
    assert_reads(&reading, "BEGIN 7", "begin 7");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_reads(&reading, rows[i].line, rows[i].shown);
    reading_release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_table_is_read_as_one_that_is_not),
        cmocka_unit_test(a_known_table_stands_for_no_other_and_may_leave_columns_out),
        cmocka_unit_test(a_row_that_does_not_fit_is_read_from_its_beginning),
    };
    return cmocka_run_group_tests_name("test_decoding_known", tests, NULL, NULL);
}
