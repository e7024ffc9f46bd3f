#include "postgres/catalog.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "model/relation.h"
#include "postgres/conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAILURES_MAX = 2, // A connection may have died of old age; a new one shows how the server is.
    RECONNECT_AFTER_MS = 1000,
    LOOK_AGAIN_AFTER_MS = 10 // A commit becomes visible within moments of being streamed.
};

enum catalog_state {
    CATALOG_APART, // No connection: a new one is made at wake_at_ms.
    CATALOG_CONNECTING,
    CATALOG_IDLE, // The next question is asked at wake_at_ms.
    CATALOG_ASKING
};

struct catalog {
    char *source;
    struct conn *sql;
    int stream_pid;
    enum catalog_state state;
    int64_t wake_at_ms;
    unsigned failures; // Since the last answer.
};

// $1 schema, $2 table, $3 the transaction's 32-bit xid, $4 the process that streams to us. The xid
// is brought to 64 bits by its distance to the snapshot's end. A row at least, with the verdict on
// visibility; then one for each key column, in the index's order, without INCLUDE columns.
// https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
static const char key_query[] =
    "WITH taken AS (SELECT pg_catalog.txid_current_snapshot() AS snapshot),"
    " ended AS (SELECT snapshot, pg_catalog.txid_snapshot_xmax(snapshot) AS xmax FROM taken),"
    " seen AS (SELECT pg_catalog.txid_visible_in_snapshot(xmax +"
    " ((($3::bigint - xmax) & 4294967295) # 2147483648) - 2147483648, snapshot) AS visible"
    " FROM ended)"
    " SELECT seen.visible OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication r"
    "  WHERE r.pid = $4::int AND r.sync_state IN ('sync', 'quorum')),"
    "  c.oid, a.attname, pg_catalog.format_type(a.atttypid, NULL)"
    " FROM seen"
    " LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1::name"
    " LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = $2::name"
    " LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary"
    " LEFT JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, place)"
    "  ON k.place <= i.indnkeyatts"
    " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
    " ORDER BY k.place";
enum {
    COLUMN_VISIBLE,
    COLUMN_OID,
    COLUMN_NAME,
    COLUMN_TYPE
};

struct catalog *catalog_new(const char *source, struct conn *sql, int stream_pid)
{
    struct catalog *catalog = alloc_zeroed(1, sizeof *catalog);
    *catalog = (struct catalog){
        .source = strdup(source),
        .sql = sql,
        .stream_pid = stream_pid,
        .state = CATALOG_IDLE,
    };
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    conn_free(catalog->sql);
    free(catalog->source);
    free(catalog);
}

static enum step part(struct catalog *catalog, int64_t now_ms)
{
    conn_free(catalog->sql);
    catalog->sql = NULL;
    catalog->state = CATALOG_APART;
    if (++catalog->failures < FAILURES_MAX) {
        catalog->wake_at_ms = now_ms;
        return STEP_BUSY;
    }
    catalog->wake_at_ms = now_ms + RECONNECT_AFTER_MS;
    return STEP_FAILED;
}

static enum step connect_anew(struct catalog *catalog, int64_t now_ms, struct err *err)
{
    catalog->sql = conn_start(catalog->source, CONN_SQL, err);
    if (!catalog->sql)
        return part(catalog, now_ms);
    catalog->state = CATALOG_CONNECTING;
    return STEP_BUSY;
}

static enum step go_on_connecting(struct catalog *catalog, int64_t now_ms, struct err *err)
{
    enum step step = conn_connect_step(catalog->sql, now_ms, err);
    if (step == STEP_FAILED)
        return part(catalog, now_ms);
    if (step == STEP_DONE)
        catalog->state = CATALOG_IDLE;
    return STEP_BUSY;
}

static enum step send_question(struct catalog *catalog, const struct relation *relation,
    uint32_t xid, int64_t now_ms, struct err *err)
{
    char schema[256];
    char table[256];
    char xid_text[16];
    char pid_text[16];
    snprintf(schema, sizeof schema, STR_FMT, STR_ARG(relation->schema));
    snprintf(table, sizeof table, STR_FMT, STR_ARG(relation->name));
    snprintf(xid_text, sizeof xid_text, "%u", xid);
    snprintf(pid_text, sizeof pid_text, "%d", catalog->stream_pid);
    const char *const parameters[] = {schema, table, xid_text, pid_text};

    if (!conn_send_with(catalog->sql, key_query, parameters, 4, err))
        return part(catalog, now_ms);
    catalog->state = CATALOG_ASKING;
    return STEP_BUSY;
}

// A column that a partial relation has not seen may well be there: with REPLICA IDENTITY USING
// INDEX a DELETE shows that index's columns and none of the key's.
static bool may_have_column(const struct relation *relation, struct str name, struct str type)
{
    for (size_t i = 0; i < relation->column_count; i++) {
        const struct column *column = &relation->columns[i];
        if (str_equal(column->name, name))
            return str_equal(column->type, type);
    }
    return relation->is_partial;
}

static bool is_same_key(const struct relation *relation, const struct str *names, size_t count)
{
    if (relation->key_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!str_equal(relation->key[i].name, names[i]))
            return false;
    return true;
}

// The answer is about the table that bears the name now. It is believed when every key column is
// one of the relation's, with its type; else that table is another than the changes' own. Of a
// partial relation only the columns that were seen can tell.
static void note_key(
    struct relation *relation, const struct rows *rows, int64_t now_ms, struct catalog_key *key)
{
    struct str names[RELATION_KEY_COLUMNS_MAX];
    size_t count = 0;
    *key = (struct catalog_key){.found = !rows_is_null(rows, 0, COLUMN_OID)};
    for (size_t row = 0; row < rows_count(rows) && count < RELATION_KEY_COLUMNS_MAX; row++) {
        if (rows_is_null(rows, row, COLUMN_NAME))
            continue;
        names[count++] = rows_value(rows, row, COLUMN_NAME);
        key->found &=
            may_have_column(relation, names[count - 1], rows_value(rows, row, COLUMN_TYPE));
    }
    if (key->found) {
        key->changed = !is_same_key(relation, names, count);
        relation_set_key(relation, names, count);
    }
    relation->key_is_known = true;
    relation->key_asked_ms = now_ms;
}

static enum step take_answer(struct catalog *catalog, struct relation *relation, int64_t now_ms,
    struct catalog_key *key, struct err *err)
{
    struct rows *rows = NULL;
    enum step step = conn_result_step(catalog->sql, &rows, err);
    if (step == STEP_BUSY)
        return STEP_BUSY;
    if (step == STEP_FAILED)
        return part(catalog, now_ms);

    catalog->state = CATALOG_IDLE;
    catalog->failures = 0;
    assert(rows_count(rows) > 0);
    bool visible = str_equal(rows_value(rows, 0, COLUMN_VISIBLE), STR("t"));
    if (visible)
        note_key(relation, rows, now_ms, key);
    else
        catalog->wake_at_ms = now_ms + LOOK_AGAIN_AFTER_MS;
    rows_free(rows);
    return visible ? STEP_DONE : STEP_BUSY;
}

enum step catalog_key_step(struct catalog *catalog, struct relation *relation, uint32_t xid,
    int64_t now_ms, struct catalog_key *key, struct err *err)
{
    bool early = now_ms < catalog->wake_at_ms;
    switch (catalog->state) {
    case CATALOG_APART:
        return early ? STEP_BUSY : connect_anew(catalog, now_ms, err);
    case CATALOG_CONNECTING:
        return go_on_connecting(catalog, now_ms, err);
    case CATALOG_IDLE:
        return early ? STEP_BUSY : send_question(catalog, relation, xid, now_ms, err);
    case CATALOG_ASKING:
        break;
    }
    return take_answer(catalog, relation, now_ms, key, err);
}

bool catalog_is_cut_off(struct catalog *catalog)
{
    return catalog->state == CATALOG_IDLE && conn_is_cut_off(catalog->sql);
}

struct wait_fd catalog_wait_fd(const struct catalog *catalog)
{
    bool listens = catalog->state == CATALOG_CONNECTING || catalog->state == CATALOG_ASKING;
    return listens ? conn_wait_fd(catalog->sql) : (struct wait_fd){.fd = -1};
}

int64_t catalog_wake_at_ms(const struct catalog *catalog)
{
    switch (catalog->state) {
    case CATALOG_CONNECTING:
        return conn_deadline_ms(catalog->sql);
    case CATALOG_ASKING:
        return CLOCK_NEVER_MS;
    default:
        return catalog->wake_at_ms;
    }
}
