#include "expected.h"

#include "base/buf.h"
#include "history.h"
#include "output_plugin.h"
#include "world.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const char *const operations[] = {"INSERT", "UPDATE", "DELETE", "TRUNCATE", "MESSAGE"};

static void add(struct buf *buf, const char *text)
{
    buf_add(buf, str_from_c(text));
}

static void add_string(struct buf *buf, const char *text)
{
    buf_add_byte(buf, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_add_byte(buf, '\\');
        buf_add_byte(buf, *text);
    }
    buf_add_byte(buf, '"');
}

// NULL where the cell's own text stands.
static const char *name_of(const struct cell *cell)
{
    if (cell->is_null)
        return "null";
    return cell->is_unchanged ? "unchanged-toast-datum" : NULL;
}

static void add_value(struct buf *record, const char *member, const struct cell *cell)
{
    const char *name = name_of(cell);
    add_string(record, member);
    add(record, cell->is_quoted && !name ? ":{\"q\":\"true\",\"t\":" : ":{\"q\":\"false\",\"t\":");
    add_string(record, cell->type);
    add(record, ",\"v\":");
    add_string(record, name ? name : cell->text);
    buf_add_byte(record, '}');
}

static bool is_same(const struct cell *a, const struct cell *b)
{
    return a->is_null == b->is_null && a->is_unchanged == b->is_unchanged &&
           strcmp(a->text, b->text) == 0;
}

// Either is NULL where the record shows nothing of it.
static void add_column(
    struct buf *record, const struct cell *old_cell, const struct cell *new_cell, bool *first)
{
    if (!old_cell && !new_cell)
        return;
    if (!*first)
        buf_add_byte(record, ',');
    *first = false;
    add_string(record, new_cell ? new_cell->name : old_cell->name);
    add(record, ":{");
    if (new_cell)
        add_value(record, "new", new_cell);
    if (new_cell && old_cell)
        buf_add_byte(record, ',');
    if (old_cell)
        add_value(record, "old", old_cell);
    buf_add_byte(record, '}');
}

// Of an UPDATE only what changed.
static bool shows_old(
    const struct committed *change, const struct cell *old_cell, const struct cell *new_cell)
{
    bool identifies = change->shows_old && (change->shape.is_full || old_cell->is_key);
    return identifies && !old_cell->is_null &&
           (change->kind == CHANGE_DELETE || !is_same(old_cell, new_cell));
}

static void add_row(struct buf *record, const struct committed *change)
{
    struct cell old_cells[CELLS_MAX];
    struct cell new_cells[CELLS_MAX];
    size_t count = row_cells(&change->shape, &change->old_row, old_cells);
    row_cells(&change->shape, &change->new_row, new_cells);
    static const size_t by_name[CELLS_MAX] = {1, 0, 3, 2, 4}; // code, id, note, seq, x1
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        const struct cell *old_cell = &old_cells[by_name[i]];
        const struct cell *new_cell = &new_cells[by_name[i]];
        add_column(record, shows_old(change, old_cell, new_cell) ? old_cell : NULL,
            change->kind != CHANGE_DELETE ? new_cell : NULL, &first);
    }
}

// Counted over what the server sends of the transaction; 0: it is told outside of one.
static uint64_t seq_of(const struct entry *entry, const struct committed *change)
{
    size_t number = (size_t)(change - history.changes);
    const struct item *item = &history.items[entry->first_item];
    bool began = false;
    uint64_t seq = 0;
    for (;; item++) {
        began |= !entry->is_message && output_plugin()->opens(item);
        seq += began && output_plugin()->tells(item);
        if (number < item->change + item->count)
            return seq;
    }
}

static void add_time(struct buf *record, lsn_t commit_lsn)
{
    uint64_t time_us = 946684800000000 + commit_lsn * 1000; // As the plugin tells it, since 2000.
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm tm;
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    buf_printf(record, ",\"commit_time\":\"%s.%06uZ\"", text, (unsigned)(time_us % 1000000));
}

static void add_fields(struct buf *record, const struct committed *change)
{
    const struct fields *fields = &world.scenario.fields;
    const struct entry *entry = &history.entries[change->entry];
    uint64_t seq = seq_of(entry, change);
    if (seq == 0)
        return;
    if (fields->xid)
        buf_printf(record, ",\"xid\":%u", entry->xid);
    if (fields->seq)
        buf_printf(record, ",\"seq\":%" PRIu64, seq);
    if (world.scenario.plugin == PLUGIN_TEST_DECODING)
        return; // It tells the commit behind the changes.
    if (fields->commit_lsn)
        buf_printf(record, ",\"commit_lsn\":\"" LSN_FMT "\"", LSN_ARG(entry->from));
    if (fields->commit_time)
        add_time(record, entry->from);
}

void expected_record(struct buf *record, const struct committed *change)
{
    bool is_message = change->kind == CHANGE_MESSAGE;
    add(record, "\"table\":");
    add_string(record, history.tables[change->table].quoted);
    add(record, ",\"operation\":");
    add_string(record, operations[change->kind]);
    add(record, ",\"columns\":{");
    if (!is_message && change->kind != CHANGE_TRUNCATE)
        add_row(record, change);
    buf_add_byte(record, '}');
    if (is_message) {
        char content[MESSAGE_BYTES_MAX];
        history_message(change, content);
        add(record, ",\"prefix\":\"simulation\",\"content\":");
        add_string(record, content);
    }
    add_fields(record, change);
    buf_add_byte(record, '}');
}

static void add_part(struct buf *key, const char *column, int value)
{
    add(key, column);
    buf_add_u64(key, (uint64_t)value);
}

void expected_key(struct buf *key, const struct committed *change)
{
    const struct row *row = committed_row(change);
    bool has_row = change->kind != CHANGE_MESSAGE && change->kind != CHANGE_TRUNCATE;
    add(key, change->kind == CHANGE_MESSAGE ? "messagesimulation"
                                            : history.tables[change->table].quoted);
    if (has_row && row_key_has_id(change->shape.key))
        add_part(key, "idn", row->id);
    if (has_row && row_key_has_code(change->shape.key))
        add_part(key, "coden", row->code);
}
