// The lines of contrib/test_decoding, with include-xids and skip-empty-xacts.
#include "base/buf.h"
#include "output_plugin.h"
#include "world.h"

static bool tells(const struct item *item)
{
    (void)item;
    return true;
}

// Up to PostgreSQL 15 messages do not count.
static bool opens(const struct item *item)
{
    return item->kind != ITEM_MESSAGE || world.scenario.server_version >= 160000;
}

static void begin(struct buf *buf, const struct entry *entry)
{
    buf_printf(buf, "BEGIN %u", entry->xid);
}

static bool prepare(
    struct told_before *told, struct buf *buf, const struct entry *entry, const struct item *item)
{
    (void)told;
    (void)buf;
    (void)entry;
    (void)item;
    return false;
}

static void commit(struct buf *buf, const struct entry *entry)
{
    buf_printf(buf, "COMMIT %u", entry->xid);
}

static void write_literal(struct buf *buf, const char *text)
{
    buf_add_byte(buf, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_add_byte(buf, '\'');
        buf_add_byte(buf, *text);
    }
    buf_add_byte(buf, '\'');
}

static void write_cell(struct buf *buf, const struct cell *cell)
{
    buf_add_byte(buf, ' ');
    buf_add(buf, str_from_c(cell->name));
    buf_add_byte(buf, '[');
    buf_add(buf, str_from_c(cell->type));
    buf_add(buf, STR("]:"));
    if (cell->is_null)
        buf_add(buf, STR("null"));
    else if (cell->is_unchanged)
        buf_add(buf, STR("unchanged-toast-datum"));
    else if (cell->is_quoted)
        write_literal(buf, cell->text);
    else
        buf_add(buf, str_from_c(cell->text));
}

static void write_row(struct buf *buf, const struct shape *shape, const struct row *row)
{
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(shape, row, cells);
    for (size_t i = 0; i < count; i++)
        write_cell(buf, &cells[i]);
}

// What the replica identity shows, without NULLs.
static void write_old_row(struct buf *buf, const struct shape *shape, const struct row *row)
{
    struct cell cells[CELLS_MAX];
    size_t count = row_cells(shape, row, cells);
    for (size_t i = 0; i < count; i++)
        if ((shape->is_full || cells[i].is_key) && !cells[i].is_null)
            write_cell(buf, &cells[i]);
}

static void write_change(struct buf *buf, const struct committed *change)
{
    const struct shape *shape = &change->shape;
    buf_printf(buf, "table %s: ", history.tables[change->table].quoted);
    switch (change->kind) {
    case CHANGE_INSERT:
        buf_add(buf, STR("INSERT:"));
        write_row(buf, shape, &change->new_row);
        break;
    case CHANGE_UPDATE:
        buf_add(buf, STR("UPDATE:"));
        if (change->shows_old) {
            buf_add(buf, STR(" old-key:"));
            write_old_row(buf, shape, &change->old_row);
            buf_add(buf, STR(" new-tuple:"));
        }
        write_row(buf, shape, &change->new_row);
        break;
    default:
        buf_add(buf, change->shows_old ? STR("DELETE:") : STR("DELETE: (no-tuple-data)"));
        if (change->shows_old)
            write_old_row(buf, shape, &change->old_row);
        break;
    }
}

static void write_truncate(struct buf *buf, const struct item *item)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct committed *change = &history.changes[item->change + i];
        buf_printf(buf, "%s%s", i == 0 ? "table " : ", ", history.tables[change->table].quoted);
    }
    buf_add(buf,
        item->count > 1 ? STR(": TRUNCATE: restart_seqs cascade") : STR(": TRUNCATE: (no-flags)"));
}

static void write_item(struct buf *buf, const struct entry *entry, const struct item *item)
{
    char content[MESSAGE_BYTES_MAX];
    if (item->kind == ITEM_CHANGE)
        write_change(buf, &history.changes[item->change]);
    else if (item->kind == ITEM_TRUNCATE)
        write_truncate(buf, item);
    else
        buf_printf(buf, "message: transactional: %d prefix: simulation, sz: %zu content:%s",
            !entry->is_message, history_message(&history.changes[item->change], content), content);
}

const struct output_plugin test_decoding_plugin = {
    .tells = tells,
    .opens = opens,
    .begin = begin,
    .prepare = prepare,
    .item = write_item,
    .commit = commit,
};
