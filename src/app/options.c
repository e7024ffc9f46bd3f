#include "app/options.h"

#include "app/option_values.h"
#include "base/buf.h"
#include "model/config.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_MAX = 64,
    ARGUMENT_COLUMN = 32,
    MEMORY_MIB_DEFAULT = 64
};

struct option_row {
    const char *name;
    const char *letter;   // NULL: none.
    const char *argument; // NULL: a switch, which takes =true and =false too.
    bool from_environment;
    bool secret;
    option_reader *read;
    size_t offset; // Of the reader's field in struct config.
    const char *help;
};

#define FIELD(name) offsetof(struct config, name)

// In the order of --help; a row without a name is a heading.
static const struct option_row rows[] = {
    {.help = "Where changes come from"},
    {"source", NULL, "URI|DSN", true, true, option_read_secret, FIELD(source),
        "database; what it leaves out is taken from PGHOST, PGUSER, ..."},
    {"slot", NULL, "NAME", true, false, option_read_slot, FIELD(slot),
        "replication slot (default: pg_kinesis)"},
    {"plugin", NULL, "NAME", true, false, option_read_plugin, 0,
        "test_decoding, pgoutput or auto (the default: the slot's own)"},
    {"publication", NULL, "NAME", true, false, option_read_publication, 0,
        "publication to read by pgoutput; may be repeated"},
    {"create", NULL, NULL, true, false, option_read_switch, FIELD(create),
        "create the slot if there is none"},
    {"drop", NULL, NULL, false, false, option_read_drop, 0, "drop the slot and exit"},
    {"retry-initial", NULL, NULL, true, false, option_read_switch, FIELD(retry_initial),
        "keep trying when the first connection fails or the slot is busy"},
    {.help = "Which tables (without any option, all; patterns are those of psql: sales.*, \"Odd "
             "name\")"},
    {"table", "t", "PATTERN", true, false, option_read_table, 0,
        "only tables that match; may be repeated"},
    {"tables", NULL, "PATTERNS", true, false, option_read_tables, 0,
        "the same for patterns with commas between them"},
    {"table-and-children", NULL, "PATTERN", true, false, option_read_table_and_children, 0,
        "as --table, and all partitions and children of what matches"},
    {"exclude-table", "T", "PATTERN", true, false, option_read_exclude_table, 0,
        "but no tables that match, whatever else does; may be repeated"},
    {.help = "Where records go"},
    {"stream", NULL, "NAME|ARN", true, false, option_read_word, FIELD(stream),
        "Kinesis data stream"},
    {"endpoint-url", NULL, "URL", true, false, option_read_word, FIELD(endpoint_url),
        "send there rather than to AWS (default: AWS_ENDPOINT_URL)"},
    {"region", NULL, "REGION", true, false, option_read_word, FIELD(region),
        "AWS region (default: AWS_REGION or the profile's)"},
    {"profile", NULL, "NAME", true, false, option_read_word, FIELD(profile),
        "profile of the ~/.aws files (default: AWS_PROFILE)"},
    {"insecure-endpoint", NULL, NULL, true, false, option_read_switch, FIELD(insecure_endpoint),
        "allow an http:// endpoint on another host"},
    {"wire", NULL, "auto|cbor|json", true, false, option_read_wire, 0,
        "how requests are written; auto: CBOR, or JSON if that is refused"},
    {"order", NULL, "key|none", true, false, option_read_order, 0,
        "keep the order of each key's records (the default), or none"},
    {"stdout", NULL, NULL, true, false, option_read_switch, FIELD(to_stdout),
        "write records to standard output in place of a stream, one a line"},
    {"dry-run", NULL, NULL, true, false, option_read_switch, FIELD(dry_run),
        "as --stdout, and leave --slot as it is; without it, a temporary one"},
    {.help = "How records are sent"},
    {"aggregate", NULL, NULL, true, false, option_read_switch, FIELD(aggregate),
        "several rows a record, for consumers that take them apart"},
    {"lanes", NULL, "N", true, false, option_read_lanes, 0,
        "parts of the hash keys for that, a power of two (default: 64)"},
    {"linger", NULL, "MS", true, false, option_read_linger, 0,
        "let rows wait so long for others to go with (default: 0)"},
    {.help = "What records tell"},
    {"fields", NULL, "NAMES", true, false, option_read_fields, 0,
        "more in each record, such as xid,seq,commit_lsn,commit_time"},
    {"messages", NULL, NULL, true, false, option_read_switch, FIELD(messages),
        "send what pg_logical_emit_message() wrote, too"},
    {.help = "What the stream cannot take"},
    {"oversize", NULL, "stop|skip|elide", true, false, option_read_oversize, 0,
        "a record over its limit: stop (default), leave it out, shrink it"},
    {"refused", NULL, "stop|skip", true, false, option_read_refused, 0,
        "a record that is refused: stop (the default), or leave it out"},
    {"dead-letter", NULL, "FILE", true, false, option_read_word, FIELD(dead_letter),
        "keep what is skipped in this file, one JSON object a line"},
    {.help = "How long and how much"},
    {"endpos", NULL, "LSN|now", true, false, option_read_endpos, 0,
        "deliver up to this position and exit; now: to the log's end"},
    {"max-memory", NULL, "BYTES", true, false, option_read_bytes, FIELD(memory_bytes_max),
        "bound on records held in memory, such as 64MiB (the default)"},
    {"log-level", NULL, "LEVEL", true, false, option_read_log_level, 0,
        "debug, info (the default), warning or error"},
    {"version", NULL, NULL, false, false, option_read_version, 0, "show the version and exit"},
    {"help", "h", NULL, false, false, option_read_help, 0, "show this text and exit"},
};
enum {
    ROWS = sizeof rows / sizeof *rows
};

static bool read_option(
    const struct option_row *row, const char *text, struct config *config, struct err *err)
{
    return row->read(config, row->offset, text, err);
}

static void variable_name(const struct option_row *row, char *name, size_t bytes)
{
    snprintf(name, bytes, "PG_KINESIS_%s", row->name);
    for (char *c = name; *c; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
}

static bool read_environment(struct config *config, struct err *err)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].name || !rows[i].from_environment)
            continue;
        char name[80];
        variable_name(&rows[i], name, sizeof name);
        const char *text = getenv(name);
        if (text && *text && !read_option(&rows[i], text, config, err))
            return err_wrap(err, "%s", name);
    }
    return true;
}

// The long options of getopt, each telling its row; a row with a letter stands there by that, too.
static void list_options(struct option *list)
{
    size_t count = 0;
    for (int i = 0; i < ROWS; i++) {
        if (!rows[i].name)
            continue;
        assert(count + 2 < OPTIONS_MAX);
        int has = rows[i].argument ? required_argument : optional_argument;
        list[count++] = (struct option){rows[i].name, has, NULL, 256 + i};
        if (rows[i].letter)
            list[count++] = (struct option){rows[i].letter, has, NULL, 256 + i};
    }
    list[count] = (struct option){.name = NULL};
}

// The short options of getopt: "+ht:T:". By "+" the order stays, so that a wrong argument is
// found where getopt stopped.
static void list_letters(char letters[OPTIONS_MAX])
{
    size_t count = 0;
    letters[count++] = '+';
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].letter)
            continue;
        assert(count + 2 < OPTIONS_MAX);
        letters[count++] = rows[i].letter[0];
        if (rows[i].argument)
            letters[count++] = ':';
    }
    letters[count] = 0;
}

static void overwrite(char *text)
{
    for (; *text; text++)
        *text = '*';
}

// Only what can be an option's name: anything else that stands here may be a password.
static bool unknown_option(const char *argument, struct err *err)
{
    struct str name = str_from_c(argument);
    size_t len = 0;
    while (len < name.len && (isalnum((unsigned char)name.ptr[len]) || name.ptr[len] == '-'))
        len++;
    name.len = len;
    err_set(
        err, ERR_USAGE, "unknown option, or one without its argument: %s", err_quote(name).text);
    return err_hint(err, "pg_kinesis --help");
}

static const struct option_row *row_of(int code)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].letter && rows[i].letter[0] == code)
            return &rows[i];
    return code >= 256 && code < 256 + ROWS ? &rows[code - 256] : NULL;
}

static bool read_arguments(int argc, char **argv, struct config *config, struct err *err)
{
    struct option list[OPTIONS_MAX];
    list_options(list);
    char letters[OPTIONS_MAX];
    list_letters(letters);
    optind = 0; // GNU: begin anew, wherever an earlier reading stopped.
    opterr = 0;
    for (;;) {
        int at = optind > 0 ? optind : 1;
        int code = getopt_long_only(argc, argv, letters, list, NULL);
        if (code == -1)
            break;
        const struct option_row *row = row_of(code);
        if (!row)
            return unknown_option(argv[at], err);
        bool ok = read_option(row, optarg ? optarg : "", config, err);
        if (optarg && row->secret)
            overwrite(optarg);
        if (!ok)
            return err_wrap(err, "--%s", row->name);
    }
    if (optind == argc)
        return true;
    // It is not shown: it may be a connection string, with its password.
    err_set(err, ERR_USAGE, "argument %d belongs to no option", optind);
    return err_hint(err, "pg_kinesis --help");
}

static bool is_sound(const struct config *config, struct err *err)
{
    const bool skips = config->oversize == OVERSIZE_SKIP || config->refused == REFUSED_SKIP;
    if (config->command == COMMAND_DROP && config->create)
        return err_set(err, ERR_USAGE, "--create and --drop exclude each other");
    if (config->plugin == PLUGIN_TEST_DECODING && config->publications.count > 0)
        return err_set(err, ERR_USAGE, "--publication is for pgoutput, not for test_decoding");
    if (config->aggregate && config->order == ORDER_NONE)
        return err_set(err, ERR_USAGE, "--aggregate and --order none exclude each other");
    if (config->lanes > 0 && !config->aggregate)
        return err_set(err, ERR_USAGE, "--lanes is for --aggregate");
    if (*config->dead_letter && !skips)
        return err_set(err, ERR_USAGE, "--dead-letter is for --oversize skip or --refused skip");
    bool needs_stream = config->command == COMMAND_STREAM && !config->to_stdout && !config->dry_run;
    if (!needs_stream || *config->stream)
        return true;
    err_set(err, ERR_USAGE, "no stream is named");
    return err_hint(err, "--stream NAME, or --dry-run to look at records first");
}

bool options_read(int argc, char **argv, struct config *config, struct err *err)
{
    *config = (struct config){
        .source = "",
        .slot = "pg_kinesis",
        .stream = "",
        .endpoint_url = "",
        .region = "",
        .profile = "",
        .dead_letter = "",
        .memory_bytes_max = (size_t)MEMORY_MIB_DEFAULT << 20,
        .log_level = LOG_INFO,
    };
    if (!read_environment(config, err))
        return false;
    size_t patterns = config->selection.count;
    size_t publications = config->publications.count;
    if (!read_arguments(argc, argv, config, err))
        return false;
    selection_override(&config->selection, patterns);
    publications_override(&config->publications, publications);
    return is_sound(config, err);
}

static void write_row(struct buf *help, const struct option_row *row)
{
    if (!row->name) {
        buf_printf(help, "\n%s:\n", row->help);
        return;
    }
    size_t begin = help->len;
    buf_add(help, STR("  "));
    if (row->letter)
        buf_printf(help, "-%s, ", row->letter);
    buf_printf(
        help, "--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    size_t width = help->len - begin;
    buf_printf(help, "%*s%s\n", width < ARGUMENT_COLUMN ? (int)(ARGUMENT_COLUMN - width) : 1, "",
        row->help);
}

void options_write_help(struct buf *help)
{
    buf_add(help, STR("pg_kinesis - replicate committed changes of PostgreSQL to Amazon Kinesis\n"
                      "\n"
                      "Usage:\n"
                      "  pg_kinesis --source=postgres://user@host/database --stream=NAME --create\n"
                      "  pg_kinesis --source=postgres://user@host/database --dry-run\n"
                      "  pg_kinesis --source=postgres://user@host/database --drop\n"));
    for (size_t i = 0; i < ROWS; i++)
        write_row(help, &rows[i]);
    buf_add(
        help, STR("\nEvery option but --drop, --help and --version can be set in the environment"
                  " as PG_KINESIS_<NAME>,\nsuch as PG_KINESIS_STREAM; the command line wins.\n"
                  "\nExit status: 0 a clean end, 1 you must act, 2 a wrong command line,"
                  " 3 a restart will not help.\n"));
}
