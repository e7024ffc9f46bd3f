#include "cmocka_prelude.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// What was written to standard error since begin().
struct capture {
    FILE *file;
    int stderr_before;
};

static struct capture begin(void)
{
    struct capture capture = {.file = tmpfile(), .stderr_before = dup(STDERR_FILENO)};
    assert_non_null(capture.file);
    assert_true(dup2(fileno(capture.file), STDERR_FILENO) >= 0);
    return capture;
}

static struct str end(struct capture *capture, char *text, size_t text_bytes)
{
    dup2(capture->stderr_before, STDERR_FILENO);
    close(capture->stderr_before);
    rewind(capture->file);
    size_t len = fread(text, 1, text_bytes, capture->file);
    fclose(capture->file);
    return (struct str){.ptr = text, .len = len};
}

static bool ends_with(struct str text, const char *expected)
{
    struct str tail = str_from_c(expected);
    return text.len >= tail.len && str_equal(str_after(text, text.len - tail.len), tail);
}

static void a_level_is_known_by_its_name(void **state)
{
    (void)state;
    const char *const names[] = {"debug", "info", "warning", "error"};
    enum log_level level;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(log_level_parse(str_from_c(names[i]), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse(STR("Debug"), &level));
    assert_false(log_level_parse(STR(""), &level));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    char text[4000];
    struct capture capture = begin();
    log_event(LOG_DEBUG, "at first");
    log_set_level(LOG_WARNING);
    log_event(LOG_INFO, "then");
    log_event(LOG_WARNING, "at last");
    log_set_level(LOG_INFO);
    struct str written = end(&capture, text, sizeof text);

    assert_true(ends_with(written, "Z pg_kinesis: warning: at last\n"));
    assert_ptr_equal(memchr(text, '\n', written.len), text + written.len - 1);
}

static void an_event_is_one_line_whatever_its_text(void **state)
{
    (void)state;
    char text[4000];
    struct capture capture = begin();
    log_event(LOG_ERROR, "one\n%s\nthree", "two");
    struct str written = end(&capture, text, sizeof text);

    assert_true(ends_with(written, "Z pg_kinesis: error: one two three\n"));
}

static void a_text_that_is_too_long_is_cut_before_its_line_ends(void **state)
{
    (void)state;
    char text[4000];
    struct capture capture = begin();
    log_event(LOG_ERROR, "%3000d", 1);
    struct str written = end(&capture, text, sizeof text);

    assert_true(ends_with(written, "    \n"));
    assert_true(written.len <= 1201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_is_known_by_its_name),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(an_event_is_one_line_whatever_its_text),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_before_its_line_ends),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
