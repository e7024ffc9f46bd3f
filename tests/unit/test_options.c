#include "cmocka_prelude.h"

#include "app/options.h"
#include "base/buf.h"
#include "model/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARGUMENTS_MAX = 8,
    ARGUMENT_BYTES_MAX = 64
};

// A command line that may be written into, as a real one.
struct command_line {
    char bytes[ARGUMENTS_MAX][ARGUMENT_BYTES_MAX];
    char *argv[ARGUMENTS_MAX + 1];
    int argc;
};

static void add_argument(struct command_line *line, const char *argument)
{
    assert_true(line->argc < ARGUMENTS_MAX && strlen(argument) < ARGUMENT_BYTES_MAX);
    line->argv[line->argc] = memcpy(line->bytes[line->argc], argument, strlen(argument) + 1);
    line->argc++;
}

// Splits at blanks; a lone ' stands for the empty argument.
static struct command_line *command_line(const char *text)
{
    static struct command_line line;
    line = (struct command_line){.argc = 0};
    add_argument(&line, "pg_kinesis");
    char *words = strdup(text);
    for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest));)
        add_argument(&line, strcmp(word, "'") == 0 ? "" : word);
    free(words);
    return &line;
}

static bool read(const char *text, struct config *config, struct err *err)
{
    struct command_line *line = command_line(text);
    return options_read(line->argc, line->argv, config, err);
}

static struct config config_of(const char *text)
{
    struct config config;
    struct err err;
    if (!read(text, &config, &err))
        fail_msg("%s: %s", text, err.text);
    return config;
}

// The one line that says what is wrong.
static const char *complaint(const char *text)
{
    static struct err err;
    struct config config;
    if (read(text, &config, &err))
        fail_msg("%s: taken for a good command line", text);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_null(strchr(err.text, '\n'));
    return err.text;
}

static void every_spelling_of_gos_flag_package_works(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "--stream x", "--stream=x", "-stream x", "-stream=x", "--stream y --stream x"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        assert_string_equal(config_of(spellings[i]).stream, "x");
}

static void a_switch_takes_a_truth_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool on;
    } rows[] = {{"--create", true}, {"-create", true}, {"--create=true", true},
        {"-create=true", true}, {"--create=1", true}, {"--create=T", true},
        {"--create=false", false}, {"-create=false", false}, {"--create=0", false},
        {"--create --create=false", false}, {"--create=false --create", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[ARGUMENT_BYTES_MAX];
        snprintf(text, sizeof text, "--stream x %s", rows[i].text);
        assert_int_equal(config_of(text).create, rows[i].on);
    }
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    struct config config = config_of("--stream x");
    assert_int_equal(config.command, COMMAND_STREAM);
    assert_string_equal(config.source, "");
    assert_string_equal(config.slot, "pg_kinesis");
    assert_false(config.slot_is_named);
    assert_false(config.create);
    assert_int_equal(config.endpos_kind, ENDPOS_NONE);
    assert_int_equal(config.memory_bytes_max, 64 << 20);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_true(config_of("--stream x --slot pg_kinesis").slot_is_named);
}

static void publications_add_up_and_go_over_the_environments(void **state)
{
    (void)state;
    setenv("PG_KINESIS_PUBLICATION", "one\nOther two", 1);
    struct config config = config_of("--stream x --plugin pgoutput");
    assert_int_equal(config.plugin, PLUGIN_PGOUTPUT);
    assert_int_equal(config.publications.count, 2);
    assert_true(str_equal(config.publications.names[1], STR("Other two")));

    config = config_of("--stream x --publication a --publication b");
    assert_int_equal(config.publications.count, 2);
    assert_true(str_equal(config.publications.names[0], STR("a")));
    assert_true(str_equal(config.publications.names[1], STR("b")));
    unsetenv("PG_KINESIS_PUBLICATION");
    complaint("--stream x --publication '");
    complaint("--stream x --plugin wal2json");
    complaint("--stream x --plugin test_decoding --publication a");
}

static void requests_are_written_as_wanted(void **state)
{
    (void)state;
    assert_int_equal(config_of("--stream x").wire, WIRE_AUTO);
    assert_int_equal(config_of("--stream x --wire cbor").wire, WIRE_CBOR);
    assert_int_equal(config_of("--stream x --wire json").wire, WIRE_JSON);
    assert_int_equal(config_of("--stream x --wire json --wire auto").wire, WIRE_AUTO);
    complaint("--stream x --wire xml");

    assert_int_equal(config_of("--stream x").order, ORDER_KEY);
    assert_int_equal(config_of("--stream x --order none").order, ORDER_NONE);
    assert_int_equal(config_of("--stream x --order none --order key").order, ORDER_KEY);
    complaint("--stream x --order transaction");
}

static void fields_are_named(void **state)
{
    (void)state;
    struct config config = config_of("--stream x --fields seq,commit_time");
    assert_true(config.fields.seq && config.fields.commit_time);
    assert_false(config.fields.xid || config.fields.commit_lsn);
    complaint("--stream x --fields seq,lsn");
    complaint("--stream x --fields '");
}

static void the_environment_sets_what_the_command_line_does_not(void **state)
{
    (void)state;
    setenv("PG_KINESIS_STREAM", "from_environment", 1);
    setenv("PG_KINESIS_RETRY_INITIAL", "true", 1);
    setenv("PG_KINESIS_MAX_MEMORY", "8MiB", 1);
    setenv("PG_KINESIS_REGION", "", 1);
    setenv("PG_KINESIS_DROP", "true", 1);
    setenv("PG_KINESIS_HELP", "true", 1);
    setenv("PG_KINESIS_OF_ANOTHER_VERSION", "x", 1);

    struct config config = config_of("--slot s");
    assert_string_equal(config.stream, "from_environment");
    assert_true(config.retry_initial);
    assert_int_equal(config.memory_bytes_max, 8 << 20);
    assert_int_equal(config.command, COMMAND_STREAM);

    config = config_of("--stream x --retry-initial=false --max-memory 2M");
    assert_string_equal(config.stream, "x");
    assert_false(config.retry_initial);
    assert_int_equal(config.memory_bytes_max, 2 << 20);

    setenv("PG_KINESIS_CREATE", "perhaps", 1);
    assert_non_null(strstr(complaint("--stream x"), "PG_KINESIS_CREATE: \"perhaps\""));
    clearenv();
}

static void help_and_version_win_over_what_else_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(config_of("--help").command, COMMAND_HELP);
    assert_int_equal(config_of("-h").command, COMMAND_HELP);
    assert_int_equal(config_of("-help").command, COMMAND_HELP);
    assert_int_equal(config_of("--version").command, COMMAND_VERSION);
    assert_int_equal(config_of("-version --drop").command, COMMAND_VERSION);
    assert_int_equal(config_of("--help --drop --slot s").command, COMMAND_HELP);
    assert_int_equal(config_of("--drop").command, COMMAND_DROP);
    assert_int_equal(config_of("--drop=false --stream x").command, COMMAND_STREAM);
}

static void a_wrong_command_line_is_told_so_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "no stream is named"},
        {"--create", "no stream is named"},
        {"--stream", "--stream"},
        {"--stream '", "is not a name"},
        {"--stream=", "is not a name"},
        {"--bogus --stream x", "--bogus"},
        {"-bogus=1 --stream x", "-bogus"},
        {"--stream x -z", "-z"},
        {"--stream x --create=perhaps", "true or false"},
        {"--stream x --create false", "argument"},
        {"--stream x extra", "argument"},
        {"--stream x --endpos here", "log position"},
        {"--stream x --max-memory 1000", "1 MiB"},
        {"--stream x --max-memory 64T", "number of bytes"},
        {"--stream x --max-memory MiB", "number of bytes"},
        {"--stream x --max-memory 99999999999999999999", "number of bytes"},
        {"--stream x --max-memory 18014398509481985k", "number of bytes"},
        {"--stream x --max-memory -1M", "number of bytes"},
        {"--stream x --log-level loud", "debug"},
        {"--stream x --aggregate --order none", "exclude each other"},
        {"--stream x --lanes 64", "--lanes is for --aggregate"},
        {"--stream x --dead-letter f", "--dead-letter is for --oversize skip"},
        {"--stream x --oversize elide --dead-letter f", "--dead-letter is for --oversize skip"},
        {"--stream x --aggregate --lanes 48", "a power of two from 2 to 1024"},
        {"--stream x --aggregate --lanes 1", "a power of two from 2 to 1024"},
        {"--stream x --aggregate --lanes 2048", "a power of two from 2 to 1024"},
        {"--stream x --aggregate --lanes x", "a power of two from 2 to 1024"},
        {"--stream x --linger 10001", "milliseconds"},
        {"--stream x --linger -1", "milliseconds"},
        {"--drop --create", "exclude each other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strstr(complaint(rows[i].text), rows[i].says))
            fail_msg("%s: %s", rows[i].text, complaint(rows[i].text));
}

static void without_a_stream_records_can_go_to_standard_output(void **state)
{
    (void)state;
    assert_true(config_of("--stdout").to_stdout);
    assert_true(config_of("--dry-run").dry_run);
}

static void memory_is_said_in_bytes_or_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
    } rows[] = {{"1048576", 1 << 20}, {"1024k", 1 << 20}, {"1024K", 1 << 20}, {"1M", 1 << 20},
        {"1MB", 1 << 20}, {"64Mi", 64 << 20}, {"64MiB", 64 << 20}, {"1G", 1 << 30},
        {"1GiB", 1 << 30}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[ARGUMENT_BYTES_MAX];
        snprintf(text, sizeof text, "--stream x --max-memory %s", rows[i].text);
        assert_int_equal(config_of(text).memory_bytes_max, rows[i].bytes);
    }
}

static void records_are_sent_as_the_operator_says(void **state)
{
    (void)state;
    struct config config = config_of("--stream x --aggregate --lanes 128 --linger 50");
    assert_true(config.aggregate);
    assert_int_equal(config.lanes, 128);
    assert_int_equal(config.linger_ms, 50);

    config = config_of("--stream x");
    assert_false(config.aggregate);
    assert_int_equal(config.lanes, 0);
    assert_int_equal(config.linger_ms, 0);
}

static void what_either_option_skips_can_be_kept_in_a_file(void **state)
{
    (void)state;
    const char *dead_letter = config_of("--stream x --dead-letter f --oversize skip").dead_letter;
    assert_string_equal(dead_letter, "f");
    dead_letter = config_of("--stream x --refused skip --dead-letter g").dead_letter;
    assert_string_equal(dead_letter, "g");
}

static void the_end_is_a_position_or_now(void **state)
{
    (void)state;
    struct config config = config_of("--stream x --endpos 16/B374D848");
    assert_int_equal(config.endpos_kind, ENDPOS_LSN);
    assert_true(config.endpos == 0x16B374D848);
    assert_int_equal(config_of("--stream x --endpos now").endpos_kind, ENDPOS_NOW);
}

static void the_source_is_kept_and_wiped_from_the_command_line(void **state)
{
    (void)state;
    static const char *const spellings[] = {"--source=postgres://u:secret@h/d --stream x",
        "--source postgres://u:secret@h/d --stream x", "-source=postgres://u:secret@h/d -stream x"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct command_line *line = command_line(spellings[i]);
        struct config config;
        struct err err;
        assert_true(options_read(line->argc, line->argv, &config, &err));
        assert_string_equal(config.source, "postgres://u:secret@h/d");
        for (int at = 0; at < line->argc; at++)
            assert_null(strstr(line->bytes[at], "secret"));
        free((char *)config.source);
    }
}

static void no_complaint_repeats_a_password(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "postgres://u:secret@h/d --stream x",
        "postgres://u:secret@h/d --bogus",
        "--bogus postgres://u:secret@h/d",
        "--stream x password=secret",
        "--bogus=postgres://u:secret@h/d",
        "--sorce=postgres://u:secret@h/d",
        "-sorce postgres://u:secret@h/d",
        "--stream x -hz postgres://u:secret@h/d",
        "--create postgres://u:secret@h/d",
        "--stream x -postgres://u:secret@h/d",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(complaint(lines[i]), "secret"))
            fail_msg("%s", complaint(lines[i]));
}

static void help_names_every_option(void **state)
{
    (void)state;
    struct buf help;
    buf_init(&help, 1 << 16);
    options_write_help(&help);
    static const char *const names[] = {"--source URI|DSN", "--slot NAME", "--create", "--drop",
        "--retry-initial", "--endpos LSN|now", "--stream NAME|ARN", "--stdout", "--dry-run",
        "--max-memory BYTES", "--log-level LEVEL", "--version", "--help"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(strstr(buf_c(&help), names[i]));
    buf_release(&help);
}

int main(void)
{
    clearenv();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_gos_flag_package_works),
        cmocka_unit_test(a_switch_takes_a_truth_value),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(publications_add_up_and_go_over_the_environments),
        cmocka_unit_test(requests_are_written_as_wanted),
        cmocka_unit_test(fields_are_named),
        cmocka_unit_test(the_environment_sets_what_the_command_line_does_not),
        cmocka_unit_test(help_and_version_win_over_what_else_is_asked_for),
        cmocka_unit_test(a_wrong_command_line_is_told_so_in_one_line),
        cmocka_unit_test(without_a_stream_records_can_go_to_standard_output),
        cmocka_unit_test(memory_is_said_in_bytes_or_units),
        cmocka_unit_test(records_are_sent_as_the_operator_says),
        cmocka_unit_test(what_either_option_skips_can_be_kept_in_a_file),
        cmocka_unit_test(the_end_is_a_position_or_now),
        cmocka_unit_test(the_source_is_kept_and_wiped_from_the_command_line),
        cmocka_unit_test(no_complaint_repeats_a_password),
        cmocka_unit_test(help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
