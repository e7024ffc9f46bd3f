#include "cmocka_prelude.h"

#include "app/dead_letter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/pgk-dead-letter-XXXXXX";
static struct dead_letter letters;
static struct err err;
static struct buf content;

static const struct letter letter = {
    .reason = "oversize", .partition_key = STR_CONST("k\"<"), .lsn = 0x16b374d848};

#define HEAD                                                                                       \
    "{\"reason\":\"oversize\",\"stream\":\"s\",\"partition_key\":\"k\\\"\\u003c\","                \
    "\"lsn\":\"16/B374D848\",\"data\":\""

static int set_up(void **state)
{
    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    buf_init(&content, 1 << 22);
    return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&content);
    return unlink(path);
}

static void append(const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *read_back(void)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buf_clear(&content);
    for (int c; (c = fgetc(file)) != EOF;)
        buf_add_byte(&content, (char)c);
    fclose(file);
    return buf_c(&content);
}

static void write_letter(struct str data)
{
    buf_add(dead_letter_begin(&letters, &letter), data);
    assert_true(dead_letter_end(&letters, &err));
    assert_true(dead_letter_sync(&letters, &err));
}

static void a_letter_is_a_line_of_json(void **state)
{
    (void)state;
    assert_true(dead_letter_open(&letters, path, "s", &err));

    write_letter(STR("{\"v\":\"a\\nb\"}"));
    write_letter(STR("{}"));

    assert_string_equal(read_back(), HEAD "{\\\"v\\\":\\\"a\\\\nb\\\"}\"}\n" HEAD "{}\"}\n");
    dead_letter_close(&letters);
}

static void without_a_stream_none_is_named(void **state)
{
    (void)state;
    assert_true(dead_letter_open(&letters, path, "", &err));

    write_letter(STR(""));

    assert_null(strstr(read_back(), "stream"));
    dead_letter_close(&letters);
}

static void a_line_that_was_cut_off_is_ended(void **state)
{
    (void)state;
    append("whole\ncut");

    assert_true(dead_letter_open(&letters, path, "s", &err));
    dead_letter_close(&letters);
    assert_true(dead_letter_open(&letters, path, "s", &err));
    dead_letter_close(&letters);

    assert_string_equal(read_back(), "whole\ncut\n");
}

static void a_large_record_takes_little_memory(void **state)
{
    (void)state;
    assert_true(dead_letter_open(&letters, path, "s", &err));

    struct buf *data = dead_letter_begin(&letters, &letter);
    for (int i = 0; i < 1000000; i++)
        buf_add(data, STR("\"\xc3\xa9"));
    assert_true(dead_letter_end(&letters, &err));

    assert_true(letters.data.capacity + letters.line.capacity <= (128 << 10) + 2);
    assert_int_equal(strlen(read_back()), strlen(HEAD) + 4 * 1000000 + strlen("\"}\n"));
    dead_letter_close(&letters);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_true(dead_letter_open(&letters, path, "s", &err));
    int full = open("/dev/full", O_WRONLY);
    assert_int_equal(dup2(full, letters.fd), letters.fd);
    close(full);

    dead_letter_begin(&letters, &letter);
    assert_false(dead_letter_end(&letters, &err));

    assert_int_equal(err.kind, ERR_OPERATOR);
    assert_non_null(strstr(err.text, "No space left on device"));
    dead_letter_close(&letters);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;

    assert_false(dead_letter_open(&letters, "/dev/null", "s", &err));
    assert_non_null(strstr(err.text, "/dev/null is no regular file"));
    assert_false(dead_letter_open(&letters, "/nowhere/at/all", "s", &err));
    assert_non_null(strstr(err.text, "cannot open dead-letter file /nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_letter_is_a_line_of_json),
        FACT(without_a_stream_none_is_named),
        FACT(a_line_that_was_cut_off_is_ended),
        FACT(a_large_record_takes_little_memory),
        FACT(a_full_disk_is_told),
        FACT(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests_name("dead_letter", tests, NULL, NULL);
}
