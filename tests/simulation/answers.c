#include "answers.h"

#include "history.h"
#include "matching.h"
#include "oracle.h"
#include "postgres/catalog_query.h"
#include "postgres/plugin.h"
#include "server.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_cell(struct rows *rows, size_t row, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void set_cell(struct rows *rows, size_t row, size_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(rows->cells[row][column], CELL_BYTES, format, args);
    va_end(args);
    rows->present[row][column] = true;
    if (rows->count <= row)
        rows->count = row + 1;
}

static void identify(const struct question *question, struct rows *rows)
{
    (void)question;
    set_cell(rows, 0, 0, "7000000000000000001");
    set_cell(rows, 0, 1, "%u", server.timeline);
    set_cell(rows, 0, 2, LSN_FMT, LSN_ARG(history.position));
    set_cell(rows, 0, 3, "simulation");
}

static void tell_timeout(const struct question *question, struct rows *rows)
{
    (void)question;
    set_cell(rows, 0, 0, "%lld", (long long)world.scenario.wal_sender_timeout_ms);
}

static void create_slot(const struct question *question, struct rows *rows)
{
    (void)question;
    (void)rows;
    server.slot_exists = true;
    server.confirmed = history.position;
    server.floor = history.position;
    oracle_forgive_before(history.position);
    world_trace("slot created at " LSN_FMT, LSN_ARG(history.position));
}

static void tell_slot(const struct question *question, struct rows *rows)
{
    (void)question;
    if (!server.slot_exists)
        return;
    const char *const values[] = {
        "logical", "f", "", plugin_name(world.scenario.plugin), "simulation"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        set_cell(rows, 0, i, "%s", values[i]);
    set_cell(rows, 0, 5, LSN_FMT, LSN_ARG(server.confirmed));
    set_cell(rows, 0, 6, "reserved");
}

static void start_streaming(const struct question *question, struct rows *rows)
{
    (void)question;
    rows->is_copy = true;
}

static void tell_publication(const struct question *question, struct rows *rows)
{
    (void)question;
    static const char *const values[] = {"simulation", "t", "t", "t", "f"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        set_cell(rows, 0, i, "%s", values[i]);
}

static void tell_nothing(const struct question *question, struct rows *rows)
{
    (void)question;
    (void)rows;
}

static void tell_keyword(const struct question *question, struct rows *rows)
{
    (void)question;
    set_cell(rows, 0, 0, "table");
}

static void tell_matches(const struct question *question, struct rows *rows)
{
    (void)question;
    set_cell(rows, 0, 0, "t");
}

static void tell_types(const struct question *question, struct rows *rows)
{
    static const struct {
        const char *oid;
        const char *name;
    } types[] = {{"23", "integer"}, {"20", "bigint"}, {"25", "text"}, {"16500", "mood"}};
    bool asks_for_built_in = strcmp(question->parameters[0], "0") != 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        bool is_built_in = strlen(types[i].oid) == 2;
        bool is_listed = strstr(question->parameters[1], types[i].oid) != NULL;
        if (!is_listed && !(is_built_in && asks_for_built_in))
            continue;
        size_t row = rows->count;
        set_cell(rows, row, 0, "%s", types[i].oid);
        set_cell(rows, row, 1, "%s", types[i].name);
    }
}

static size_t number_in(const struct question *question, size_t parameter)
{
    return (size_t)strtoul(question->parameters[parameter], NULL, 10);
}

// By its oid, where that is known.
static const struct table *table_asked_for(const struct question *question)
{
    size_t oid = number_in(question, CATALOG_PARAMETER_OID);
    const char *name = question->parameters[CATALOG_PARAMETER_TABLE];
    for (size_t i = 0; i < history.table_count; i++)
        if (oid > 0 ? oid == TABLE_OID_FIRST + i : strcmp(history.tables[i].name, name) == 0)
            return &history.tables[i];
    world_broken(INVARIANT_SIMULATION, "no table %s", name);
}

static void tell_key(const struct question *question, struct rows *rows)
{
    const struct table *table = table_asked_for(question);
    size_t entry = number_in(question, CATALOG_PARAMETER_XID) - XID_FIRST;
    if (entry >= history.entry_count)
        world_broken(INVARIANT_SIMULATION, "no transaction asks for %s", table->quoted);
    bool visible = world.now_ms >= history.entries[entry].visible_at_ms;
    if (row_key_has_id(table->shape.key))
        set_cell(rows, rows->count, CATALOG_COLUMN_NAME, "id");
    if (row_key_has_code(table->shape.key))
        set_cell(rows, rows->count, CATALOG_COLUMN_NAME, "code");
    size_t count = rows->count > 0 ? rows->count : 1;
    for (size_t i = 0; i < count; i++) {
        if (rows->count > 0)
            set_cell(rows, i, CATALOG_COLUMN_TYPE, "integer");
        set_cell(rows, i, CATALOG_COLUMN_VISIBLE, visible ? "t" : "f");
        set_cell(rows, i, CATALOG_COLUMN_AWAITED, "f");
        set_cell(
            rows, i, CATALOG_COLUMN_OID, "%zu", TABLE_OID_FIRST + (size_t)(table - history.tables));
        set_cell(rows, i, CATALOG_COLUMN_SELECTED,
            matching_selects(question->parameters + CATALOG_PARAMETERS_SELECTION, table->name)
                ? "t"
                : "f");
    }
}

void answer(const struct question *question, struct rows *rows)
{
    // Some of the later ones are in earlier ones, too.
    static const struct {
        const char *contains;
        void (*answer)(const struct question *question, struct rows *rows);
    } answers[] = {
        {"PREPARE", tell_nothing},
        {"IDENTIFY_SYSTEM", identify},
        {"wal_sender_timeout", tell_timeout},
        {"CREATE_REPLICATION_SLOT", create_slot},
        {"START_REPLICATION", start_streaming},
        {"pg_get_keywords", tell_keyword},
        {"pubinsert AND", tell_publication},
        {"relreplident", tell_nothing}, // Tables without identity.
        {"attnames", tell_nothing},     // Tables of which different columns are published.
        {"bool_or(c.relkind", tell_matches},
        {"format_type(t.oid", tell_types},
        {catalog_query_name, tell_key},
        {"pg_replication_slots", tell_slot},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strstr(question->sql, answers[i].contains)) {
            answers[i].answer(question, rows);
            return;
        }
    }
    world_broken(INVARIANT_SIMULATION, "nobody taught the server: %s", question->sql);
}
