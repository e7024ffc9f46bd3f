#include "app/option_values.h"

#include "base/str.h"
#include "model/config.h"
#include "postgres/plugin.h"
#include "select/pattern.h"

#include <ctype.h>
#include <string.h>

enum {
    MEMORY_BYTES_MIN = 1 << 20,
    LANES_LEAST = 2,
    LANES_MOST = 1024,
    LINGER_MS_MOST = 10000
};

static bool wrong(struct err *err, const char *text, const char *wanted)
{
    return err_set(err, ERR_USAGE, "\"%s\" is not %s", err_quote(str_from_c(text)).text, wanted);
}

static bool read_text(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)err;
    *(const char **)((char *)config + offset) = text; // Arguments and environment stay.
    return true;
}

bool option_read_secret(struct config *config, size_t offset, const char *text, struct err *err)
{
    return read_text(config, offset, strdup(text), err);
}

bool option_read_word(struct config *config, size_t offset, const char *text, struct err *err)
{
    return *text ? read_text(config, offset, text, err) : wrong(err, text, "a name");
}

static bool truth(const char *text, bool *on, struct err *err)
{
    static const char *const yes[] = {"", "true", "1", "t", "T", "TRUE", "True"};
    static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcmp(text, yes[i]) == 0)
            return *on = true;
    *on = false;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (strcmp(text, no[i]) == 0)
            return true;
    return wrong(err, text, "true or false");
}

bool option_read_switch(struct config *config, size_t offset, const char *text, struct err *err)
{
    return truth(text, (bool *)((char *)config + offset), err);
}

static bool read_command(
    struct config *config, enum command command, const char *text, struct err *err)
{
    bool on = false;
    if (!truth(text, &on, err))
        return false;
    // --help and --version win over whatever else stands there.
    if (on && config->command < command)
        config->command = command;
    return true;
}

bool option_read_drop(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return read_command(config, COMMAND_DROP, text, err);
}

bool option_read_help(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return read_command(config, COMMAND_HELP, text, err);
}

bool option_read_version(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return read_command(config, COMMAND_VERSION, text, err);
}

bool option_read_endpos(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    struct err unused;
    config->endpos_kind = strcmp(text, "now") == 0 ? ENDPOS_NOW : ENDPOS_LSN;
    if (config->endpos_kind == ENDPOS_NOW || lsn_parse(str_from_c(text), &config->endpos, &unused))
        return true;
    return wrong(err, text, "a log position, such as 16/B374D848, or \"now\"");
}

static bool is_unit_end(const char *text)
{
    return strcmp(text, "") == 0 || strcmp(text, "B") == 0 || strcmp(text, "i") == 0 ||
           strcmp(text, "iB") == 0;
}

// Bytes, or with k, M, G (or Ki, KiB, ...) the thousand-and-twenty-fourfold.
bool option_read_bytes(struct config *config, size_t offset, const char *text, struct err *err)
{
    static const char wanted[] = "a number of bytes, such as 67108864 or 64MiB, from 1 MiB";
    struct str digits = str_from_c(text);
    while (digits.len > 0 && !isdigit((unsigned char)digits.ptr[digits.len - 1]))
        digits.len--;
    const char *unit = text + digits.len;
    unsigned shift = 0;
    if (*unit) {
        const char *units = "kMG";
        const char *found = strchr(units, *unit == 'K' ? 'k' : *unit);
        if (!found || !is_unit_end(unit + 1))
            return wrong(err, text, wanted);
        shift = 10 * (unsigned)(found - units + 1);
    }
    uint64_t number = 0;
    if (!str_to_u64(digits, 0, UINT64_MAX >> (shift + 1), &number) ||
        number << shift < MEMORY_BYTES_MIN)
        return wrong(err, text, wanted);
    *(size_t *)((char *)config + offset) = (size_t)(number << shift);
    return true;
}

bool option_read_lanes(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    uint64_t lanes = 0;
    bool is_number = str_to_u64(str_from_c(text), LANES_LEAST, LANES_MOST, &lanes);
    if (!is_number || (lanes & (lanes - 1)) != 0)
        return wrong(err, text, "a power of two from 2 to 1024");
    config->lanes = (size_t)lanes;
    return true;
}

bool option_read_linger(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    uint64_t ms = 0;
    if (!str_to_u64(str_from_c(text), 0, LINGER_MS_MOST, &ms))
        return wrong(err, text, "a number of milliseconds, at most 10000");
    config->linger_ms = (int64_t)ms;
    return true;
}

bool option_read_log_level(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return log_level_parse(str_from_c(text), &config->log_level) ||
           wrong(err, text, "debug, info, warning or error");
}

bool option_read_plugin(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    config->plugin = plugin_of_name(str_from_c(text));
    return config->plugin != PLUGIN_AUTO || strcmp(text, "auto") == 0 ||
           wrong(err, text, "auto, test_decoding or pgoutput");
}

bool option_read_publication(
    struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return publications_add(&config->publications, str_from_c(text), err);
}

bool option_read_slot(struct config *config, size_t offset, const char *text, struct err *err)
{
    config->slot_is_named = true;
    return read_text(config, offset, text, err);
}

bool option_read_oversize(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    config->oversize = strcmp(text, "skip") == 0    ? OVERSIZE_SKIP
                       : strcmp(text, "elide") == 0 ? OVERSIZE_ELIDE
                                                    : OVERSIZE_STOP;
    return config->oversize != OVERSIZE_STOP || strcmp(text, "stop") == 0 ||
           wrong(err, text, "stop, skip or elide");
}

bool option_read_refused(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    config->refused = strcmp(text, "skip") == 0 ? REFUSED_SKIP : REFUSED_STOP;
    return config->refused == REFUSED_SKIP || strcmp(text, "stop") == 0 ||
           wrong(err, text, "stop or skip");
}

bool option_read_wire(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    config->wire = strcmp(text, "cbor") == 0   ? WIRE_CBOR
                   : strcmp(text, "json") == 0 ? WIRE_JSON
                                               : WIRE_AUTO;
    return config->wire != WIRE_AUTO || strcmp(text, "auto") == 0 ||
           wrong(err, text, "auto, cbor or json");
}

bool option_read_order(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    config->order = strcmp(text, "none") == 0 ? ORDER_NONE : ORDER_KEY;
    return config->order == ORDER_NONE || strcmp(text, "key") == 0 ||
           wrong(err, text, "key or none");
}

// Patterns of a list, each of that kind.
static bool read_patterns(struct config *config, struct str list, char separator,
    struct table_pattern kind, struct err *err)
{
    do {
        struct table_pattern pattern;
        if (!pattern_read(pattern_cut(&list, separator), &pattern, err))
            return false;
        pattern.excludes = kind.excludes;
        pattern.and_children = kind.and_children;
        if (!selection_add(&config->selection, pattern, err))
            return false;
    } while (list.len > 0);
    return true;
}

bool option_read_table(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    struct table_pattern kind = {.excludes = false};
    return read_patterns(config, str_from_c(text), '\n', kind, err);
}

bool option_read_tables(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    struct table_pattern kind = {.excludes = false};
    return read_patterns(config, str_from_c(text), ',', kind, err);
}

bool option_read_table_and_children(
    struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    struct table_pattern kind = {.and_children = true};
    return read_patterns(config, str_from_c(text), '\n', kind, err);
}

bool option_read_exclude_table(
    struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    struct table_pattern kind = {.excludes = true};
    return read_patterns(config, str_from_c(text), '\n', kind, err);
}

bool option_read_fields(struct config *config, size_t offset, const char *text, struct err *err)
{
    (void)offset;
    return fields_read(&config->fields, str_from_c(text), err);
}
