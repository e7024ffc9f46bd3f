// The messages of pgoutput, protocol 1.
// https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
#include "base/buf.h"
#include "output_plugin.h"
#include "world.h"

#include <stdio.h>

enum {
    FOREIGN_EVERY = 7 // Every so many transactions came from another server.
};

static void add_number(struct buf *buf, uint64_t value, size_t bytes)
{
    while (bytes-- > 0)
        buf_add_byte(buf, (char)(value >> 8 * bytes));
}

static void add_string(struct buf *buf, const char *text)
{
    buf_add(buf, str_from_c(text));
    buf_add_byte(buf, '\0');
}

static const struct table *table_of(const struct committed *change)
{
    return &history.tables[change->table];
}

static uint32_t oid_of(const struct committed *change)
{
    return TABLE_OID_FIRST + (uint32_t)change->table;
}

static bool tells(const struct item *item)
{
    for (size_t i = item->change; i < item->change + item->count; i++)
        if (table_of(&history.changes[i])->is_published)
            return true;
    return false;
}

// Up to PostgreSQL 14 each transaction begins, whatever there is to tell of it.
static bool opens(const struct item *item)
{
    return world.scenario.server_version < 150000 || tells(item);
}

static void begin(struct buf *buf, const struct entry *entry)
{
    buf_add_byte(buf, 'B');
    add_number(buf, entry->from, 8);
    add_number(buf, entry->from * 1000, 8); // The time.
    add_number(buf, entry->xid, 4);
}

static void commit(struct buf *buf, const struct entry *entry)
{
    buf_add(buf, STR("C\0"));
    add_number(buf, entry->from, 8);
    add_number(buf, entry->end, 8);
    add_number(buf, entry->from * 1000, 8); // The time.
}

static void write_origin(struct buf *buf)
{
    buf_add_byte(buf, 'O');
    add_number(buf, 0xab12345678, 8);
    add_string(buf, "elsewhere");
}

static void write_type(struct buf *buf)
{
    buf_add_byte(buf, 'Y');
    add_number(buf, TYPE_MOOD, 4);
    add_string(buf, "public");
    add_string(buf, "mood");
}

static void write_table(struct buf *buf, const struct committed *change)
{
    static const struct row any;
    const struct shape *shape = &change->shape;
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(shape, &any, cells);
    buf_add_byte(buf, 'R');
    add_number(buf, oid_of(change), 4);
    add_string(buf, "public");
    add_string(buf, table_of(change)->name);
    buf_add_byte(buf, shape->is_full ? 'f' : 'd');
    add_number(buf, count, 2);
    for (size_t i = 0; i < count; i++) {
        buf_add_byte(buf, shape->is_full || cells[i].is_key);
        add_string(buf, cells[i].name);
        add_number(buf, cells[i].type_oid, 4);
        add_number(buf, UINT32_MAX, 4); // No modifier.
    }
}

static bool has_type(const struct shape *shape)
{
    static const struct row any;
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(shape, &any, cells);
    return cells[count - 1].type_oid == TYPE_MOOD;
}

// A table is described before its first change, and again when it was altered.
static bool describe(struct told_before *told, struct buf *buf, const struct committed *change)
{
    unsigned *version = &told->shapes[change->table];
    if (change->kind == CHANGE_MESSAGE || !table_of(change)->is_published ||
        *version == change->shape.version + 1)
        return false;
    if (has_type(&change->shape) && !told->type) {
        told->type = true;
        write_type(buf);
        return true;
    }
    told->type = false;
    *version = change->shape.version + 1;
    write_table(buf, change);
    return true;
}

static bool prepare(
    struct told_before *told, struct buf *buf, const struct entry *entry, const struct item *item)
{
    if (!entry->is_message && entry->xid % FOREIGN_EVERY == 0 && told->origin_of != entry->xid) {
        told->origin_of = entry->xid;
        write_origin(buf);
        return true;
    }
    for (size_t i = item->change; i < item->change + item->count; i++)
        if (describe(told, buf, &history.changes[i]))
            return true;
    return false;
}

static char kind_of(const struct cell *cell)
{
    if (cell->is_null)
        return 'n';
    return cell->is_unchanged ? 'u' : 't';
}

static void write_cells(struct buf *buf, const struct cell *cells, size_t count)
{
    add_number(buf, count, 2);
    for (size_t i = 0; i < count; i++) {
        struct str text = str_from_c(cells[i].text);
        char kind = kind_of(&cells[i]);
        buf_add_byte(buf, kind);
        if (kind != 't')
            continue;
        add_number(buf, text.len, 4);
        buf_add(buf, text);
    }
}

static void write_new_row(struct buf *buf, const struct committed *change)
{
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(&change->shape, &change->new_row, cells);
    buf_add_byte(buf, 'N');
    write_cells(buf, cells, count);
}

// What is not part of the replica identity comes as NULL.
static void write_old_row(struct buf *buf, const struct committed *change)
{
    if (!change->shows_old)
        return;
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(&change->shape, &change->old_row, cells);
    for (size_t i = 0; i < count; i++)
        cells[i].is_null |= !change->shape.is_full && !cells[i].is_key;
    buf_add_byte(buf, change->shape.is_full ? 'O' : 'K');
    write_cells(buf, cells, count);
}

static void write_change(struct buf *buf, const struct committed *change)
{
    static const char kinds[] = {'I', 'U', 'D'};
    buf_add_byte(buf, kinds[change->kind]);
    add_number(buf, oid_of(change), 4);
    if (change->kind != CHANGE_INSERT)
        write_old_row(buf, change);
    if (change->kind != CHANGE_DELETE)
        write_new_row(buf, change);
}

static void write_truncate(struct buf *buf, const struct item *item)
{
    const struct committed *changes = &history.changes[item->change];
    size_t count = 0;
    for (size_t i = 0; i < item->count; i++)
        count += table_of(&changes[i])->is_published;
    buf_add_byte(buf, 'T');
    add_number(buf, count, 4);
    buf_add_byte(buf, item->count > 1 ? 3 : 0); // CASCADE, RESTART IDENTITY.
    for (size_t i = 0; i < item->count; i++)
        if (table_of(&changes[i])->is_published)
            add_number(buf, oid_of(&changes[i]), 4);
}

static void write_message(
    struct buf *buf, const struct entry *entry, const struct committed *change)
{
    char content[MESSAGE_BYTES_MAX];
    size_t len = history_message(change, content);
    buf_add_byte(buf, 'M');
    buf_add_byte(buf, !entry->is_message);
    add_number(buf, change->lsn, 8);
    add_string(buf, "simulation");
    add_number(buf, len, 4);
    buf_add(buf, (struct str){.ptr = content, .len = len});
}

static void write_item(struct buf *buf, const struct entry *entry, const struct item *item)
{
    if (item->kind == ITEM_CHANGE)
        write_change(buf, &history.changes[item->change]);
    else if (item->kind == ITEM_TRUNCATE)
        write_truncate(buf, item);
    else
        write_message(buf, entry, &history.changes[item->change]);
}

const struct output_plugin pgoutput_plugin = {
    .tells = tells,
    .opens = opens,
    .begin = begin,
    .prepare = prepare,
    .item = write_item,
    .commit = commit,
};
