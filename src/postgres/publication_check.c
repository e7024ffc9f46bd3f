#include "postgres/publication_check.h"

#include "base/buf.h"
#include "base/log.h"
#include "postgres/ask.h"
#include "postgres/conn.h"

#include <string.h>

enum {
    ARRAY_BYTES_MAX = 16384,
    COLUMN_LISTS_SINCE = 150000
};

// $1 the names, $2 the slot. A publication whose row is younger than what the slot keeps of the
// catalog may have been made after changes that are still to come.
static const char publications_query[] =
    "SELECT pg_catalog.quote_ident(n.name), p.oid IS NOT NULL,"
    " p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,"
    " EXISTS (SELECT FROM pg_catalog.pg_publication_tables t WHERE t.pubname = n.name),"
    " COALESCE(pg_catalog.age(p.xmin) <= pg_catalog.age(s.catalog_xmin), false)"
    " FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY n(name, place)"
    " LEFT JOIN pg_catalog.pg_publication p ON p.pubname = n.name::name"
    " LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = $2::name"
    " ORDER BY n.place";
enum {
    PUBLICATION_NAME,
    PUBLICATION_EXISTS,
    PUBLICATION_IS_WHOLE,
    PUBLICATION_HAS_TABLES,
    PUBLICATION_MAY_BE_YOUNGER
};

// Published tables whose updates and deletes the server refuses: those without replica identity.
static const char identity_query[] =
    "SELECT DISTINCT pg_catalog.format('%I.%I', t.schemaname, t.tablename)"
    " FROM pg_catalog.pg_publication p"
    " JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname"
    " JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename"
    " WHERE p.pubname = ANY ($1::name[]) AND (p.pubupdate OR p.pubdelete)"
    " AND (c.relreplident = 'n' OR c.relreplident IN ('d', 'i') AND NOT EXISTS"
    "  (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND"
    "   CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END))"
    " ORDER BY 1";

// Tables of which the publications do not publish the same columns.
static const char columns_query[] =
    "SELECT pg_catalog.format('%I.%I', t.schemaname, t.tablename)"
    " FROM pg_catalog.pg_publication_tables t WHERE t.pubname = ANY ($1::name[])"
    " GROUP BY t.schemaname, t.tablename HAVING pg_catalog.count(DISTINCT t.attnames::text) > 1"
    " ORDER BY 1";

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

static bool is_true(const struct rows *rows, size_t row, size_t column)
{
    return str_equal(rows_value(rows, row, column), STR("t"));
}

static bool judge_publication(const struct rows *rows, size_t row, struct err *err)
{
    struct err_quote name = err_quote(rows_value(rows, row, PUBLICATION_NAME));
    if (!is_true(rows, row, PUBLICATION_EXISTS)) {
        err_set(err, ERR_OPERATOR, "publication %s does not exist", name.text);
        return err_hint(err,
            "CREATE PUBLICATION %s FOR TABLE ...; then create the slot, which must be younger",
            name.text);
    }
    if (!is_true(rows, row, PUBLICATION_HAS_TABLES))
        log_event(LOG_WARNING,
            "publication %s has no tables: nothing comes of it; "
            "hint: ALTER PUBLICATION %s ADD TABLE ...",
            name.text, name.text);
    if (!is_true(rows, row, PUBLICATION_IS_WHOLE))
        log_event(LOG_WARNING,
            "publication %s leaves out some operations; "
            "hint: ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')",
            name.text, name.text);
    if (is_true(rows, row, PUBLICATION_MAY_BE_YOUNGER))
        log_event(LOG_WARNING,
            "publication %s was made or altered after what the slot begins with: changes from "
            "before that are refused or, since PostgreSQL 18, left out; "
            "hint: where that matters, drop the slot with --drop and create it with --create",
            name.text);
    return true;
}

static bool check_publications(
    struct conn *sql, const char *const *parameters, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask_with(sql, publications_query, parameters, 2, waiter, err);
    bool ok = rows != NULL;
    for (size_t row = 0; ok && row < rows_count(rows); row++)
        ok = judge_publication(rows, row, err);
    rows_free(rows);
    return ok;
}

static bool check_identities(
    struct conn *sql, const char *array, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask_with(sql, identity_query, &array, 1, waiter, err);
    if (!rows)
        return false;
    if (rows_count(rows) > 0) {
        struct err_quote table = err_quote(rows_value(rows, 0, 0));
        log_event(LOG_WARNING,
            "PostgreSQL refuses to update and delete rows of table %s (one of %zu like it), which "
            "is published without a replica identity; hint: ALTER TABLE %s REPLICA IDENTITY FULL",
            table.text, rows_count(rows), table.text);
    }
    rows_free(rows);
    return true;
}

static bool check_columns(
    struct conn *sql, const char *array, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask_with(sql, columns_query, &array, 1, waiter, err);
    bool ok = rows != NULL;
    if (ok && rows_count(rows) > 0) {
        struct err_quote table = err_quote(rows_value(rows, 0, 0));
        err_set(err, ERR_OPERATOR, "the publications publish different columns of table %s",
            table.text);
        ok = err_hint(err, "ALTER PUBLICATION ... DROP TABLE %s in all but one", table.text);
    }
    rows_free(rows);
    return ok;
}

bool publication_check(struct conn *sql, const struct publications *publications, const char *slot,
    struct waiter *waiter, struct err *err)
{
    struct buf array;
    buf_init(&array, ARRAY_BYTES_MAX);
    add_array(&array, publications);
    const char *const parameters[] = {buf_c(&array), slot};
    bool ok = check_publications(sql, parameters, waiter, err) &&
              check_identities(sql, parameters[0], waiter, err);
    if (ok && conn_server_version(sql) >= COLUMN_LISTS_SINCE)
        ok = check_columns(sql, parameters[0], waiter, err);
    buf_release(&array);
    return ok || err_wrap(err, "cannot stream by pgoutput");
}
