#include "postgres/catalog.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/relation.h"
#include "postgres/catalog_query.h"
#include "postgres/conn.h"
#include "postgres/type_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAILURES_MAX = 2, // A connection may have died of old age; a new one shows how the server is.
    RECONNECT_AFTER_MS = 1000,
    OIDS_BYTES_MAX = 12 * RELATION_COLUMNS_MAX + 2,
    ASK_AGAIN_AFTER_MS = 1000, // What could not be seen yet.
    LOOK_AGAIN_AFTER_MS = 10   // A commit becomes visible within moments of being streamed.
};

enum catalog_state {
    CATALOG_APART, // No connection: a new one is made at wake_at_ms.
    CATALOG_CONNECTING,
    CATALOG_UNPREPARED,
    CATALOG_PREPARING,
    CATALOG_IDLE, // The next question is asked at wake_at_ms.
    CATALOG_ASKING
};

struct catalog {
    char *source;
    struct conn *sql;
    int stream_pid;
    struct catalog_selection selection;
    enum catalog_state state;
    int64_t wake_at_ms;
    unsigned failures; // Since the last answer.
    struct type_names types;
};

struct catalog *catalog_new(
    const char *source, const struct selection *selection, struct conn *sql, int stream_pid)
{
    struct catalog *catalog = alloc_zeroed(1, sizeof *catalog);
    *catalog = (struct catalog){
        .source = strdup(source),
        .sql = sql,
        .stream_pid = stream_pid,
        .selection = catalog_selection_of(selection),
        .state = CATALOG_UNPREPARED,
    };
    type_names_init(&catalog->types);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    conn_free(catalog->sql);
    catalog_selection_release(&catalog->selection);
    type_names_release(&catalog->types);
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
        catalog->state = CATALOG_UNPREPARED;
    return STEP_BUSY;
}

// What was sent, or was not.
static enum step await(struct catalog *catalog, bool sent, enum catalog_state state, int64_t now_ms)
{
    if (!sent)
        return part(catalog, now_ms);
    catalog->state = state;
    return STEP_BUSY;
}

static enum step prepare(struct catalog *catalog, int64_t now_ms, struct err *err)
{
    bool sent = conn_send(catalog->sql, catalog_query_preparation, err);
    return await(catalog, sent, CATALOG_PREPARING, now_ms);
}

static enum step send_question(struct catalog *catalog, const struct relation *relation,
    uint32_t xid, int64_t now_ms, struct err *err)
{
    char schema[256];
    char table[256];
    char xid_text[16];
    char pid_text[16];
    char oid_text[16];
    snprintf(schema, sizeof schema, STR_FMT, STR_ARG(relation->schema));
    snprintf(table, sizeof table, STR_FMT, STR_ARG(relation->name));
    snprintf(xid_text, sizeof xid_text, "%u", xid);
    snprintf(pid_text, sizeof pid_text, "%d", catalog->stream_pid);
    snprintf(oid_text, sizeof oid_text, "%u", relation->oid);
    const char *parameters[CATALOG_PARAMETERS] = {
        [CATALOG_PARAMETER_SCHEMA] = schema,
        [CATALOG_PARAMETER_TABLE] = table,
        [CATALOG_PARAMETER_XID] = xid_text,
        [CATALOG_PARAMETER_PID] = pid_text,
        [CATALOG_PARAMETER_OID] = oid_text,
    };
    for (size_t i = CATALOG_PARAMETERS_SELECTION; i < CATALOG_PARAMETER_OID; i++)
        parameters[i] = catalog->selection.arrays[i - CATALOG_PARAMETERS_SELECTION];
    bool sent =
        conn_send_prepared(catalog->sql, catalog_query_name, parameters, CATALOG_PARAMETERS, err);
    return await(catalog, sent, CATALOG_ASKING, now_ms);
}

// A column that a partial relation has not seen may well be there: with REPLICA IDENTITY USING
// INDEX a DELETE shows that index's columns and none of the key's.
static bool may_have_column(const struct relation *relation, struct str name, struct str type)
{
    for (size_t i = 0; i < relation->column_count; i++) {
        const struct column *column = &relation->columns[i];
        if (str_equal(column->name, name)) // By its oid the table is the one, whatever its types.
            return relation->oid > 0 || str_equal(column->type, type);
    }
    return relation->is_partial;
}

static bool is_true(const struct rows *rows, size_t column)
{
    return str_equal(rows_value(rows, 0, column), STR("t"));
}

// Where no key was known yet, nor inherited, the table may have had one that this relation has not.
static bool is_same_key(const struct relation *relation, const struct str *names, size_t count)
{
    if (!relation->key || relation->key_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!str_equal(relation->key[i].name, names[i]))
            return false;
    return true;
}

// The answer is about the table that bears the name now. It is believed when every key column is
// one of the relation's, with its type; else that table is another than the changes' own. Of a
// partial relation only the columns that were seen can tell. Returns whether it is believed.
static bool note_key(struct relation *relation, const struct rows *rows)
{
    struct str names[RELATION_KEY_COLUMNS_MAX];
    size_t count = 0;
    bool found = !rows_is_null(rows, 0, CATALOG_COLUMN_OID);
    for (size_t row = 0; row < rows_count(rows) && count < RELATION_KEY_COLUMNS_MAX; row++) {
        if (rows_is_null(rows, row, CATALOG_COLUMN_NAME))
            continue;
        names[count++] = rows_value(rows, row, CATALOG_COLUMN_NAME);
        found &=
            may_have_column(relation, names[count - 1], rows_value(rows, row, CATALOG_COLUMN_TYPE));
    }
    if (!found)
        count = 0;
    if (found || !relation->key) {
        relation->key_moved |= !is_same_key(relation, names, count);
        relation_set_key(relation, names, count);
    }
    relation->key_is_known = true;
    return found;
}

// Of a table that is gone the catalog knows the name alone; what was decided while it was there
// stands.
static void note_plan(struct relation *relation, const struct rows *rows)
{
    bool is_gone = rows_is_null(rows, 0, CATALOG_COLUMN_OID);
    if (is_gone && relation->plan != PLAN_UNKNOWN)
        return;
    relation->plan = is_true(rows, CATALOG_COLUMN_SELECTED) ? PLAN_SEND : PLAN_SKIP;
}

// What came of what was sent; the rows are the caller's to free when DONE.
static enum step result_step(
    struct catalog *catalog, int64_t now_ms, struct rows **rows, struct err *err)
{
    enum step step = conn_result_step(catalog->sql, rows, err);
    if (step == STEP_FAILED)
        return part(catalog, now_ms);
    if (step == STEP_DONE)
        catalog->state = CATALOG_IDLE;
    return step;
}

static enum step prepared_step(struct catalog *catalog, int64_t now_ms, struct err *err)
{
    struct rows *rows = NULL;
    enum step step = result_step(catalog, now_ms, &rows, err);
    rows_free(rows);
    return step;
}

// The answer to a question.
static enum step answer_step(
    struct catalog *catalog, int64_t now_ms, struct rows **rows, struct err *err)
{
    enum step step = result_step(catalog, now_ms, rows, err);
    if (step == STEP_DONE)
        catalog->failures = 0;
    return step;
}

static enum step take_answer(struct catalog *catalog, struct relation *relation, int64_t now_ms,
    bool *found, struct err *err)
{
    struct rows *rows = NULL;
    enum step step = answer_step(catalog, now_ms, &rows, err);
    if (step != STEP_DONE)
        return step;
    bool visible = is_true(rows, CATALOG_COLUMN_VISIBLE);
    bool taken = visible || is_true(rows, CATALOG_COLUMN_AWAITED);
    if (taken) {
        *found = note_key(relation, rows);
        note_plan(relation, rows);
        bool sure = visible || *found;
        relation->key_due_ms = now_ms + (sure ? CATALOG_KEY_AGE_MAX_MS : ASK_AGAIN_AFTER_MS);
    } else {
        catalog->wake_at_ms = now_ms + LOOK_AGAIN_AFTER_MS;
    }
    rows_free(rows);
    return taken ? STEP_DONE : STEP_BUSY;
}

// Until a question can be asked, or one is.
static enum step ready_step(struct catalog *catalog, int64_t now_ms, struct err *err)
{
    bool early = now_ms < catalog->wake_at_ms;
    switch (catalog->state) {
    case CATALOG_APART:
        return early ? STEP_BUSY : connect_anew(catalog, now_ms, err);
    case CATALOG_CONNECTING:
        return go_on_connecting(catalog, now_ms, err);
    case CATALOG_UNPREPARED:
        return prepare(catalog, now_ms, err);
    case CATALOG_PREPARING:
        return prepared_step(catalog, now_ms, err);
    case CATALOG_IDLE:
        return early ? STEP_BUSY : STEP_DONE;
    case CATALOG_ASKING:
        break;
    }
    return STEP_DONE;
}

enum step catalog_key_step(struct catalog *catalog, struct relation *relation, uint32_t xid,
    int64_t now_ms, bool *found, struct err *err)
{
    enum step step = ready_step(catalog, now_ms, err);
    if (step != STEP_DONE)
        return step;
    return catalog->state == CATALOG_IDLE ? send_question(catalog, relation, xid, now_ms, err)
                                          : take_answer(catalog, relation, now_ms, found, err);
}

static enum step ask_for_types(
    struct catalog *catalog, const struct relation *relation, int64_t now_ms, struct err *err)
{
    struct buf oids;
    buf_init(&oids, OIDS_BYTES_MAX);
    type_names_add_oids(&oids, relation);
    const char *const parameters[] = {type_names_below(&catalog->types), buf_c(&oids)};
    bool sent =
        conn_send_with(catalog->sql, type_names_query, parameters, TYPE_NAMES_PARAMETERS, err);
    buf_release(&oids);
    return await(catalog, sent, CATALOG_ASKING, now_ms);
}

enum step catalog_types_step(
    struct catalog *catalog, struct relation *relation, int64_t now_ms, struct err *err)
{
    if (catalog->state != CATALOG_ASKING && type_names_complete(&catalog->types, relation))
        return STEP_DONE;
    enum step step = ready_step(catalog, now_ms, err);
    if (step != STEP_DONE)
        return step;
    if (catalog->state == CATALOG_IDLE)
        return ask_for_types(catalog, relation, now_ms, err);
    struct rows *rows = NULL;
    step = answer_step(catalog, now_ms, &rows, err);
    if (step == STEP_DONE)
        type_names_take(&catalog->types, rows, relation);
    rows_free(rows);
    return step;
}

bool catalog_is_cut_off(struct catalog *catalog)
{
    bool stands = catalog->state != CATALOG_APART && catalog->state != CATALOG_CONNECTING;
    return stands && conn_is_cut_off(catalog->sql);
}

struct wait_fd catalog_wait_fd(const struct catalog *catalog)
{
    bool listens = catalog->state == CATALOG_CONNECTING || catalog->state == CATALOG_PREPARING ||
                   catalog->state == CATALOG_ASKING;
    return listens ? conn_wait_fd(catalog->sql) : (struct wait_fd){.fd = -1};
}

int64_t catalog_wake_at_ms(const struct catalog *catalog)
{
    switch (catalog->state) {
    case CATALOG_CONNECTING:
        return conn_deadline_ms(catalog->sql);
    case CATALOG_PREPARING:
    case CATALOG_ASKING:
        return CLOCK_NEVER_MS;
    default:
        return catalog->wake_at_ms;
    }
}
