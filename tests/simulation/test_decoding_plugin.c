// The lines of contrib/test_decoding, with include-xids, include-timestamp and skip-empty-xacts.
#include "base/buf.h"
#include "history.h"
#include "plugin.h"

#include <inttypes.h>

static void begin(struct buf *buf, const struct entry *entry)
{
    buf_printf(buf, "BEGIN %u", entry->xid);
}

static void commit(struct buf *buf, const struct entry *entry)
{
    buf_printf(buf, "COMMIT %u (at 2026-11-22 08:47:02.186642+05:30)", entry->xid);
}

static void write_key(struct buf *buf, enum key_kind key, const struct row *row)
{
    if (key == KEY_NONE)
        buf_add(buf, STR(" (no-tuple-data)"));
    if (key == KEY_ID || key == KEY_BOTH)
        buf_printf(buf, " id[integer]:%d", row->id);
    if (key == KEY_CODE || key == KEY_BOTH)
        buf_printf(buf, " code[integer]:%d", row->code);
}

// Texts of all lengths, with what must be doubled in a literal.
static void write_note(struct buf *buf, uint64_t seq)
{
    buf_add(buf, STR(" note[text]:'"));
    for (uint64_t i = 0; i < seq * 7919 % 97; i++)
        buf_add(buf, i % 11 == 3 ? STR("''") : STR("n"));
    buf_add_byte(buf, '\'');
}

static void write_row(struct buf *buf, const struct shape *shape, const struct row *row)
{
    buf_printf(
        buf, " id[integer]:%d code[integer]:%d seq[bigint]:%" PRIu64, row->id, row->code, row->seq);
    write_note(buf, row->seq);
    if (shape->extra > 0 && row->seq % 3 == 0)
        buf_printf(buf, " x%u[integer]:null", shape->extra);
    else if (shape->extra > 0)
        buf_printf(buf, " x%u[integer]:%u", shape->extra, shape->extra);
}

static void write_change(struct buf *buf, const struct committed *change)
{
    buf_printf(buf, "table %s: ", history.tables[change->table].quoted);
    switch (change->kind) {
    case CHANGE_INSERT:
        buf_add(buf, STR("INSERT:"));
        write_row(buf, &change->shape, &change->new_row);
        break;
    case CHANGE_UPDATE:
        buf_add(buf, STR("UPDATE:"));
        if (change->key_moves) {
            buf_add(buf, STR(" old-key:"));
            write_key(buf, change->shape.key, &change->old_row);
            buf_add(buf, STR(" new-tuple:"));
        }
        write_row(buf, &change->shape, &change->new_row);
        break;
    default:
        buf_add(buf, STR("DELETE:"));
        write_key(buf, change->shape.key, &change->old_row);
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
    if (item->kind == ITEM_CHANGE)
        write_change(buf, &history.changes[item->change]);
    else if (item->kind == ITEM_TRUNCATE)
        write_truncate(buf, item);
    else
        buf_printf(buf, "message: transactional: %d prefix: simulation, sz: 5 content:hello",
            !entry->is_message);
}

const struct plugin test_decoding_plugin = {
    .name = "test_decoding",
    .begin = begin,
    .item = write_item,
    .commit = commit,
};
