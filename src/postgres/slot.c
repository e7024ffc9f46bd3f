#include "postgres/slot.h"

#include "postgres/ask.h"
#include "postgres/conn.h"

#include <stdio.h>
#include <string.h>

enum {
    COMMAND_BYTES_MAX = 300
};

bool slot_check_name(struct str name, struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    bool good = name.len >= 1 && name.len <= 63;
    for (size_t i = 0; good && i < name.len; i++)
        good = memchr(allowed, name.ptr[i], sizeof allowed - 1) != NULL;
    if (good)
        return true;
    err_set(err, ERR_USAGE, "\"%s\" is no name for a slot", err_quote(name).text);
    return err_hint(err, "use 1 to 63 lower case letters, digits and underscores");
}

static void copy_text(char *to, size_t bytes, struct str text)
{
    snprintf(to, bytes, STR_FMT, STR_ARG(text));
}

static bool fill(struct slot *slot, const struct rows *rows, struct err *err)
{
    slot->exists = true;
    slot->logical = str_equal(rows_value(rows, 0, 0), STR("logical"));
    slot->active = str_equal(rows_value(rows, 0, 1), STR("t"));
    slot->lost = str_equal(rows_value(rows, 0, 6), STR("lost"));
    uint64_t pid = 0;
    if (str_to_u64(rows_value(rows, 0, 2), 0, INT32_MAX, &pid))
        slot->active_pid = (int)pid;
    copy_text(slot->plugin, sizeof slot->plugin, rows_value(rows, 0, 3));
    copy_text(slot->database, sizeof slot->database, rows_value(rows, 0, 4));
    return rows_is_null(rows, 0, 5) || lsn_parse(rows_value(rows, 0, 5), &slot->confirmed_lsn, err);
}

bool slot_look(
    struct conn *sql, const char *name, struct waiter *waiter, struct slot *slot, struct err *err)
{
    // wal_status exists since PostgreSQL 13; to_jsonb passes over what is not there.
    static const char query[] =
        "SELECT s.slot_type, s.active, s.active_pid, s.plugin, s.database, s.confirmed_flush_lsn,"
        " pg_catalog.to_jsonb(s)->>'wal_status'"
        " FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1";
    *slot = (struct slot){.exists = false};
    struct rows *rows = ask_with(sql, query, &name, 1, waiter, err);
    bool ok = rows && (rows_count(rows) == 0 || fill(slot, rows, err));
    rows_free(rows);
    return ok || err_wrap(err, "cannot look at slot \"%s\"", name);
}

static bool command(struct conn *conn, const char *text, struct waiter *waiter, struct err *err)
{
    struct rows *rows = ask(conn, text, waiter, err);
    rows_free(rows);
    return rows != NULL;
}

// NOEXPORT_SNAPSHOT is the form that every version from 10 on understands.
bool slot_create(struct conn *replication, const char *name, const char *plugin,
    struct waiter *waiter, struct err *err)
{
    char text[COMMAND_BYTES_MAX];
    snprintf(text, sizeof text, "CREATE_REPLICATION_SLOT \"%s\" LOGICAL \"%s\" NOEXPORT_SNAPSHOT",
        name, plugin);
    return command(replication, text, waiter, err) ||
           err_wrap(err, "cannot create slot \"%s\"", name);
}

bool slot_create_temporary(struct conn *replication, const char *name, const char *plugin,
    struct waiter *waiter, struct err *err)
{
    char text[COMMAND_BYTES_MAX];
    snprintf(text, sizeof text,
        "CREATE_REPLICATION_SLOT \"%s\" TEMPORARY LOGICAL \"%s\" NOEXPORT_SNAPSHOT", name, plugin);
    return command(replication, text, waiter, err) ||
           err_wrap(err, "cannot create temporary slot \"%s\"", name);
}

bool slot_drop(struct conn *replication, const char *name, struct waiter *waiter, struct err *err)
{
    char text[COMMAND_BYTES_MAX];
    snprintf(text, sizeof text, "DROP_REPLICATION_SLOT \"%s\"", name);
    return command(replication, text, waiter, err) ||
           err_wrap(err, "cannot drop slot \"%s\"", name);
}
