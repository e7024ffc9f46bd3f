#include "cmocka_prelude.h"

#include "kinesis/aws_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file with this text, read; NULL when it was refused.
static bool file_of(struct aws_file *file, struct str text, struct err *err)
{
    char path[] = "/tmp/aws_files_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), text.len);
    close(fd);
    bool ok = aws_file_read(file, str_from_c(path), err);
    unlink(path);
    return ok;
}

static void assert_value(struct str section, const char *key, const char *value)
{
    struct str found = aws_section_value(section, str_from_c(key));
    assert_int_equal(found.len, strlen(value));
    assert_memory_equal(found.ptr, value, found.len);
}

static void reads_sections_and_keys(void **state)
{
    (void)state;
    struct aws_file file;
    struct err err;
    assert_true(file_of(&file,
        STR("# comment = 1\n"
            "[one]\r\n"
            "key = value with = and : in it \r\n"
            "  ; an indented comment\n"
            "UPPER=case\n"
            "colon:x\n"
            "empty =\n"
            "\n"
            "[two]\n"
            "key=other\n"
            "last = without a line end"),
        &err));

    struct str one;
    struct str two;
    struct str none;
    assert_true(aws_file_section(&file, STR("one"), &one));
    assert_true(aws_file_section(&file, STR("two"), &two));
    assert_false(aws_file_section(&file, STR("three"), &none));
    assert_value(one, "key", "value with = and : in it");
    assert_value(one, "upper", "case");
    assert_value(one, "colon", "x");
    assert_value(one, "empty", "");
    assert_value(one, "last", "");
    assert_value(two, "key", "other");
    assert_value(two, "last", "without a line end");
    aws_file_release(&file);
}

static void nested_settings_are_not_the_sections_own(void **state)
{
    (void)state;
    struct aws_file file;
    struct err err;
    assert_true(file_of(&file,
        STR("[services local]\n"
            "kinesis =\n"
            "  endpoint_url = http://localhost:1\n"
            "region = us-east-1\n"
            "[indented]\n"
            "  first = 1\n"
            "  second = 2\n"
            "    not_a_key = 3\n"),
        &err));

    struct str section;
    assert_true(aws_file_section(&file, STR("services local"), &section));
    assert_value(section, "endpoint_url", "");
    assert_value(section, "region", "us-east-1");
    assert_true(aws_file_section(&file, STR("indented"), &section));
    assert_value(section, "first", "1");
    assert_value(section, "second", "2");
    assert_value(section, "not_a_key", "");
    aws_file_release(&file);
}

static void the_config_file_names_profiles_in_several_ways(void **state)
{
    (void)state;
    struct aws_file file;
    struct err err;
    assert_true(file_of(&file,
        STR("[default]\nkey = d\n"
            "[profile a]\nkey = a\n"
            "[profile  \"b c\"]\nkey = b\n"
            "[profile 'd']\nkey = quoted\n"
            "[e]\nkey = no profile\n"),
        &err));

    struct str section;
    assert_true(aws_file_profile(&file, STR("default"), &section));
    assert_value(section, "key", "d");
    assert_true(aws_file_profile(&file, STR("a"), &section));
    assert_value(section, "key", "a");
    assert_true(aws_file_profile(&file, STR("b c"), &section));
    assert_value(section, "key", "b");
    assert_true(aws_file_profile(&file, STR("d"), &section));
    assert_value(section, "key", "quoted");
    assert_false(aws_file_profile(&file, STR("e"), &section));
    aws_file_release(&file);
}

static void a_line_may_be_as_long_as_the_file(void **state)
{
    (void)state;
    static char text[60000] = "[default]\naws_session_token = ";
    size_t start = strlen(text);
    memset(text + start, 't', sizeof text - start);
    struct aws_file file;
    struct err err;
    assert_true(file_of(&file, (struct str){.ptr = text, .len = sizeof text}, &err));

    struct str section;
    assert_true(aws_file_section(&file, STR("default"), &section));
    assert_int_equal(aws_section_value(section, STR("aws_session_token")).len, sizeof text - start);
    aws_file_release(&file);
}

static void a_file_of_another_form_is_refused_by_its_line(void **state)
{
    (void)state;
    const struct {
        struct str text;
        const char *line;
    } cases[] = {
        {STR("[a]\nkey = 1\nSECRETSECRET\n"), "line 3"},
        {STR("key = SECRETSECRET\n[a]\n"), "line 1"},
        {STR("\n[SECRETSECRET\n"), "line 2"},
        {STR("[]\n"), "line 1"},
        {STR("[a]\n= SECRETSECRET\n"), "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct aws_file file;
        struct err err = {.kind = ERR_NONE};
        assert_false(file_of(&file, cases[i].text, &err));
        assert_int_equal(err.kind, ERR_OPERATOR);
        assert_non_null(strstr(err.text, cases[i].line));
        assert_null(strstr(err.text, "SECRET"));
    }
}

static void a_file_too_long_is_refused(void **state)
{
    (void)state;
    static char text[AWS_FILE_BYTES_MAX];
    memset(text, '\n', sizeof text);
    struct aws_file file;
    struct err err;
    assert_false(file_of(&file, (struct str){.ptr = text, .len = sizeof text}, &err));
    assert_true(file_of(&file, (struct str){.ptr = text, .len = sizeof text - 1}, &err));
    aws_file_release(&file);
}

static void a_missing_file_is_empty_and_a_directory_is_no_file(void **state)
{
    (void)state;
    struct aws_file file;
    struct err err;
    struct str section;
    assert_true(aws_file_read(&file, STR("/nowhere/credentials"), &err));
    assert_false(aws_file_section(&file, STR("default"), &section));
    aws_file_release(&file);

    assert_false(aws_file_read(&file, STR("/tmp"), &err));
    assert_int_equal(err.kind, ERR_OPERATOR);
}

static void a_tilde_is_the_home_directory(void **state)
{
    (void)state;
    setenv("HOME", "/somewhere", 1);
    struct aws_file file;
    struct err err;
    assert_true(aws_file_read(&file, STR("~/.aws/config"), &err));
    assert_string_equal(buf_c(&file.path), "/somewhere/.aws/config");
    aws_file_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sections_and_keys),
        cmocka_unit_test(nested_settings_are_not_the_sections_own),
        cmocka_unit_test(the_config_file_names_profiles_in_several_ways),
        cmocka_unit_test(a_line_may_be_as_long_as_the_file),
        cmocka_unit_test(a_file_of_another_form_is_refused_by_its_line),
        cmocka_unit_test(a_file_too_long_is_refused),
        cmocka_unit_test(a_missing_file_is_empty_and_a_directory_is_no_file),
        cmocka_unit_test(a_tilde_is_the_home_directory),
    };
    return cmocka_run_group_tests_name("aws_files", tests, NULL, NULL);
}
