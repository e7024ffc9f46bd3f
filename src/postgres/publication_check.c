#include "postgres/publication_check.h"

#include "base/buf.h"
#include "base/log.h"
#include "model/plugin.h"
#include "model/selection.h"
#include "postgres/ask.h"
#include "postgres/catalog_query.h"
#include "postgres/conn.h"
#include "postgres/cure.h"
#include "postgres/publication_query.h"
#include "postgres/replication.h"

#include <string.h>

enum {
    ARRAY_BYTES_MAX = 16384,
    GAP_PARAMETERS = 1 + sizeof(struct catalog_selection) / sizeof(char *),
    COLUMN_LISTS_SINCE = 150000
};

// What is asked, and how.
struct check {
    struct conn *sql;
    const struct replication_options *options;
    struct waiter *waiter;
    const char *names; // Of the publications, as an array.
};

// An array constant: each element quoted, quotes and backslashes inside escaped.
static void add_array(struct buf *array, const struct publications *publications)
{
    buf_add_byte(array, '{');
    for (size_t i = 0; i < publications->count; i++) {
        buf_add(array, i > 0 ? STR(",\"") : STR("\""));
        const struct str name = publications->names[i];
        for (size_t at = 0; at < name.len; at++) {
            if (name.ptr[at] == '"' || name.ptr[at] == '\\')
                buf_add_byte(array, '\\');
            buf_add_byte(array, name.ptr[at]);
        }
        buf_add_byte(array, '"');
    }
    buf_add_byte(array, '}');
}

static const char *text_of(const struct rows *rows, size_t row, size_t column)
{
    return rows_value(rows, row, column).ptr; // libpq ends every value with a zero.
}

static bool is_true(const struct rows *rows, size_t row, size_t column)
{
    return str_equal(rows_value(rows, row, column), STR("t"));
}

static bool includes_by_pattern(const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        if (!selection->patterns[i].excludes)
            return true;
    return false;
}

static bool add_identity(struct cure *cure, const char *table)
{
    return cure_add(cure, "; ", "ALTER TABLE %s REPLICA IDENTITY FULL", table);
}

// Tables that shall be published: what each needs before, and the list of all.
struct gap_cure {
    struct cure before;
    struct cure tables;
    bool is_whole; // No table was left out for lack of room.
};

static struct gap_cure cure_gap(const struct rows *rows)
{
    struct gap_cure cure = {.is_whole = true};
    for (size_t row = 0; row < rows_count(rows); row++) {
        const char *table = text_of(rows, row, PUBLICATION_GAP_TABLE);
        bool lacks = is_true(rows, row, PUBLICATION_GAP_LACKS_IDENTITY);
        bool fits = (!lacks || add_identity(&cure.before, table)) &&
                    cure_add(&cure.tables, ", ", "%s", table);
        cure.is_whole &= fits || !lacks;
    }
    return cure;
}

static struct rows *ask_for_gap(const struct check *check, struct err *err)
{
    struct catalog_selection selection = catalog_selection_of(check->options->selection);
    const char *parameters[GAP_PARAMETERS] = {check->names};
    for (size_t i = 1; i < GAP_PARAMETERS; i++)
        parameters[i] = selection.arrays[i - 1];
    struct rows *rows =
        ask_with(check->sql, publication_gap_query, parameters, GAP_PARAMETERS, check->waiter, err);
    catalog_selection_release(&selection);
    return rows;
}

// Without patterns every table is wanted, those to come, too; and none is published before all have
// a replica identity, for which there may be no room at once.
static bool hint_to_create(
    const struct gap_cure *gap, const char *name, bool all_tables, struct err *err)
{
    const char *before = gap->before.text;
    const char *between = gap->before.len > 0 ? "; " : "";
    if (!all_tables)
        return err_hint(err, "%s%sCREATE PUBLICATION %s%s%s", before, between, name,
            gap->tables.len > 0 ? " FOR TABLE " : "", gap->tables.text);
    if (gap->is_whole)
        return err_hint(err, "%s%sCREATE PUBLICATION %s FOR ALL TABLES", before, between, name);
    return err_hint(err, "%s", before);
}

static bool explain_missing(
    const struct check *check, const struct rows *named, size_t row, struct err *err)
{
    struct rows *rows = ask_for_gap(check, err);
    if (!rows)
        return false;
    const struct gap_cure gap = cure_gap(rows);
    rows_free(rows);
    struct err_quote others = err_quote(rows_value(named, row, PUBLICATION_OF_DATABASE));
    err_set(err, ERR_OPERATOR,
        "publication %s does not exist, and has to before the slot that it is read by; there %s%s",
        err_quote(rows_value(named, row, PUBLICATION_NAME)).text,
        others.text[0] ? "are: " : "is none", others.text);
    return hint_to_create(&gap, text_of(named, row, PUBLICATION_NAME),
        !includes_by_pattern(check->options->selection), err);
}

static void warn_of_publication(const struct rows *rows, size_t row, const char *slot)
{
    const char *name = text_of(rows, row, PUBLICATION_NAME);
    if (!is_true(rows, row, PUBLICATION_IS_WHOLE))
        log_event(LOG_WARNING,
            "publication %s leaves out some operations; "
            "hint: ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')",
            name, name);
    if (is_true(rows, row, PUBLICATION_MAY_BE_YOUNGER))
        log_event(LOG_WARNING,
            "publication %s may have been made or altered after changes that the slot still holds: "
            "the server refuses those or, since PostgreSQL 18, leaves them out; to go on without "
            "anything that is not confirmed, end this program and make the slot begin now; "
            "hint: SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())",
            name, slot);
}

static bool check_publications(const struct check *check, struct err *err)
{
    const char *const parameters[] = {check->names, check->options->slot};
    struct rows *rows = ask_with(check->sql, publications_query, parameters, 2, check->waiter, err);
    bool ok = rows != NULL;
    for (size_t row = 0; ok && row < rows_count(rows); row++) {
        if (is_true(rows, row, PUBLICATION_EXISTS))
            warn_of_publication(rows, row, check->options->slot);
        else
            ok = explain_missing(check, rows, row, err);
    }
    rows_free(rows);
    return ok;
}

static bool check_identities(const struct check *check, struct err *err)
{
    struct rows *rows =
        ask_with(check->sql, publication_identity_query, &check->names, 1, check->waiter, err);
    if (!rows)
        return false;
    struct cure cure = {.len = 0};
    for (size_t row = 0; row < rows_count(rows); row++)
        add_identity(&cure, text_of(rows, row, 0));
    if (rows_count(rows) > 0)
        log_event(LOG_WARNING,
            "PostgreSQL refuses to update and delete rows of table %s (1 of %zu), which "
            "is published without a replica identity; hint: %s",
            err_quote(rows_value(rows, 0, 0)).text, rows_count(rows), cure.text);
    rows_free(rows);
    return true;
}

static bool check_columns(const struct check *check, struct err *err)
{
    if (conn_server_version(check->sql) < COLUMN_LISTS_SINCE)
        return true;
    struct rows *rows =
        ask_with(check->sql, publication_columns_query, &check->names, 1, check->waiter, err);
    if (!rows)
        return false;
    struct cure cure = {.len = 0};
    for (size_t row = 0; row < rows_count(rows); row++)
        if (!rows_is_null(rows, row, PUBLICATION_COLUMNS_CURE))
            cure_add(&cure, "; ", "%s", text_of(rows, row, PUBLICATION_COLUMNS_CURE));
    bool ok = rows_count(rows) == 0;
    if (!ok) {
        err_set(err, ERR_OPERATOR, "the publications publish different columns of table %s",
            err_quote(rows_value(rows, 0, PUBLICATION_COLUMNS_TABLE)).text);
        err_hint(err, "%s", cure.len > 0 ? cure.text : "name one of them only");
    }
    rows_free(rows);
    return ok;
}

// Who names no tables may mean those that are published.
static bool check_gap(const struct check *check, struct err *err)
{
    struct rows *rows = ask_for_gap(check, err);
    if (!rows)
        return false;
    bool covers_none = str_equal(rows_value(rows, 0, PUBLICATION_GAP_COVERED_COUNT), STR("0"));
    bool matters = covers_none || includes_by_pattern(check->options->selection);
    struct gap_cure cure = cure_gap(rows);
    if (matters && cure.tables.len > 0)
        log_event(LOG_WARNING,
            "table %s (1 of " STR_FMT
            ") is selected and in no publication: its changes do not come; "
            "hint: %s%sALTER PUBLICATION %s ADD TABLE %s",
            err_quote(rows_value(rows, 0, PUBLICATION_GAP_TABLE)).text,
            STR_ARG(rows_value(rows, 0, PUBLICATION_GAP_COUNT)), cure.before.text,
            cure.before.len > 0 ? "; " : "", text_of(rows, 0, PUBLICATION_GAP_PUBLICATION),
            cure.tables.text);
    rows_free(rows);
    return true;
}

bool publication_check(struct conn *sql, const struct replication_options *options,
    struct waiter *waiter, struct err *err)
{
    struct buf names;
    buf_init(&names, ARRAY_BYTES_MAX);
    add_array(&names, options->publications);
    const struct check check = {
        .sql = sql, .options = options, .waiter = waiter, .names = buf_c(&names)};
    bool ok = check_publications(&check, err) && check_identities(&check, err) &&
              check_columns(&check, err) && check_gap(&check, err);
    buf_release(&names);
    return ok || err_wrap(err, "cannot stream by pgoutput");
}
