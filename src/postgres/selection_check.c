#include "postgres/selection_check.h"

#include "base/log.h"
#include "model/selection.h"
#include "postgres/ask.h"
#include "postgres/session.h"

#include <string.h>

// $1 schema, $2 name. NULL: it matches no table; false: only partitioned ones. The other columns
// are there for their errors: a join without a row evaluates no expression. Uncast, a relname that
// is said in full is found by its index.
static const char query[] =
    "SELECT pg_catalog.bool_or(c.relkind = 'r'), '' ~ $1::text, '' ~ $2::text"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p')"
    " AND c.relname OPERATOR(pg_catalog.~) $2::text COLLATE pg_catalog.\"default\""
    " AND CASE WHEN $1::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE"
    "  n.nspname::text OPERATOR(pg_catalog.~) $1::text COLLATE pg_catalog.\"default\" END";

static void warn(const struct table_pattern *pattern, const struct rows *rows)
{
    struct err_quote text = err_quote(str_from_c(pattern->text));
    if (rows_is_null(rows, 0, 0))
        log_event(LOG_WARNING, "pattern %s matches no table yet%s", text.text,
            pattern->schema ? "" : " that search_path finds");
    else if (str_equal(rows_value(rows, 0, 0), STR("f")) && !pattern->and_children)
        log_event(LOG_WARNING,
            "pattern %s matches only partitioned tables, whose changes are reported of their "
            "partitions; hint: --table-and-children",
            text.text);
}

static bool check_pattern(const struct table_pattern *pattern, const struct session *session,
    struct waiter *waiter, struct err *err)
{
    if (pattern->database && strcmp(pattern->database, session->database) != 0)
        return err_set(err, ERR_USAGE, "it names another database than \"%s\", which we read",
            session->database);
    const char *const parameters[] = {pattern->schema, pattern->name};
    struct rows *rows = ask_with(session->sql, query, parameters, 2, waiter, err);
    if (!rows)
        return false;
    warn(pattern, rows);
    rows_free(rows);
    return true;
}

bool selection_check(const struct selection *selection, const struct session *session,
    struct waiter *waiter, struct err *err)
{
    for (size_t i = 0; i < selection->count; i++) {
        const struct table_pattern *pattern = &selection->patterns[i];
        if (!check_pattern(pattern, session, waiter, err))
            return err_wrap(err, "pattern %s", err_quote(str_from_c(pattern->text)).text);
    }
    return true;
}
