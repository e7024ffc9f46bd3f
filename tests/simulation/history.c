#include "history.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash_map.h"
#include "base/random.h"
#include "operator.h"
#include "server.h"
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CODES = 2 * ROWS_MAX,
    BEFORE_SLOT_MAX = 3
};

struct history history;

static struct random dice;
static struct hash_map by_lsn;
static int64_t next_commit_ms;
static uint64_t last_seq;
static unsigned transactions_left;
static unsigned extras;
static unsigned versions;

static unsigned roll(unsigned sides)
{
    return (unsigned)random_below(&dice, sides);
}

#define GROW(array, count, capacity)                                                               \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = 2 * (capacity) + 16;                                                      \
            (array) = alloc_resize((array), (capacity) * sizeof *(array));                         \
        }                                                                                          \
    } while (0)

// The server refuses updates of what is published and has no identity.
static bool needs_full_identity(const struct shape *shape)
{
    return shape->key == KEY_NONE && world.scenario.plugin == PLUGIN_PGOUTPUT;
}

static void alter(struct table *table, enum key_kind key, unsigned extra)
{
    struct shape *shape = &table->shape;
    *shape = (struct shape){.version = ++versions, .key = key, .extra = extra};
    snprintf(shape->extra_name, sizeof shape->extra_name, "x%u", extra);
    shape->is_full = needs_full_identity(shape) || roll(4) == 0;
}

static void create(size_t number)
{
    struct table *table = &history.tables[number];
    bool odd = number % 3 == 2;
    snprintf(table->name, sizeof table->name, odd ? "Odd \"%zu\"" : "t%zu", number);
    snprintf(table->quoted, sizeof table->quoted,
        odd ? "public.\"Odd \"\"%zu\"\"\"" : "public.t%zu", number);
    table->is_published = world.scenario.plugin == PLUGIN_TEST_DECODING || roll(6) > 0;
    table->is_selected = operator_selects(number);
    alter(table, (enum key_kind)roll(KEY_KIND_COUNT), 0);
}

void history_begin(void)
{
    const struct scenario *scenario = &world.scenario;
    dice = world_random(1);
    hash_map_init(&by_lsn);
    history = (struct history){
        .tables = alloc_zeroed(TABLES_MAX + 1, sizeof *history.tables),
        .table_count = scenario->tables,
        .position = 0x1000000,
    };
    next_commit_ms = world.now_ms;
    last_seq = 0;
    extras = 0;
    versions = 0;
    transactions_left = scenario->transactions;
    for (size_t i = 0; i < history.table_count; i++)
        create(i);
    history.tables[TABLES_MAX].is_selected = scenario->messages;
    history.tables[TABLES_MAX].is_published =
        scenario->messages || scenario->plugin == PLUGIN_TEST_DECODING;
}

void history_release(void)
{
    for (size_t i = 0; i <= TABLES_MAX; i++)
        free(history.tables[i].changes);
    free(history.tables);
    free(history.changes);
    free(history.items);
    free(history.entries);
    hash_map_release(&by_lsn);
}

static struct str lsn_key(const lsn_t *lsn)
{
    return (struct str){.ptr = (const char *)lsn, .len = sizeof *lsn};
}

struct committed *history_at(lsn_t lsn)
{
    size_t number = (size_t)hash_map_get(&by_lsn, lsn_key(&lsn));
    return number > 0 ? &history.changes[number - 1] : NULL;
}

size_t history_message(const struct committed *change, char text[MESSAGE_BYTES_MAX])
{
    return (size_t)snprintf(text, MESSAGE_BYTES_MAX, "hello %" PRIu64, change->new_row.seq);
}

const struct row *committed_row(const struct committed *change)
{
    return change->kind == CHANGE_DELETE ? &change->old_row : &change->new_row;
}

static struct item *add_item(enum item_kind kind)
{
    GROW(history.items, history.item_count, history.item_capacity);
    struct item *item = &history.items[history.item_count++];
    *item = (struct item){.kind = kind, .change = history.change_count, .count = 1};
    history.entries[history.entry_count - 1].item_count++;
    return item;
}

static struct committed *add_change(size_t number, enum change_kind kind)
{
    struct table *table = &history.tables[number];
    GROW(table->changes, table->change_count, table->change_capacity);
    table->changes[table->change_count++] = history.change_count;
    GROW(history.changes, history.change_count, history.change_capacity);
    struct committed *change = &history.changes[history.change_count++];
    bool is_wanted = table->is_published && table->is_selected;
    *change = (struct committed){
        .kind = kind,
        .entry = history.entry_count - 1,
        .table = number,
        .shape = table->shape,
        .is_wanted = is_wanted,
        .is_owed = is_wanted,
    };
    history.entries[change->entry].owed += is_wanted;
    return change;
}

static int pick_id(const struct table *table, bool present)
{
    int ids[ROWS_MAX];
    unsigned count = 0;
    for (int id = 1; id <= ROWS_MAX; id++)
        if ((table->rows[id].code > 0) == present)
            ids[count++] = id;
    return count > 0 ? ids[roll(count)] : 0;
}

static int free_code(const struct table *table)
{
    for (;;) {
        int code = 1 + (int)roll(CODES);
        bool taken = false;
        for (int id = 1; id <= ROWS_MAX; id++)
            taken |= table->rows[id].code == code;
        if (!taken)
            return code;
    }
}

// Writes the row in the place of whatever there was.
static struct row write_row(struct table *table, int id, int code)
{
    uint64_t seq = ++last_seq;
    table->rows[id] =
        (struct row){.id = id, .code = code, .seq = seq, .note = seq, .extra = table->shape.extra};
    return table->rows[id];
}

static void insert(size_t number)
{
    struct table *table = &history.tables[number];
    struct committed *change = add_change(number, CHANGE_INSERT);
    change->new_row = write_row(table, pick_id(table, false), free_code(table));
}

static void keep_note(struct table *table, struct committed *change)
{
    change->new_row.note = change->old_row.note;
    table->rows[change->new_row.id] = change->new_row;
    change->new_row.lacks_note = row_has_large_note(&change->new_row);
}

static void update(size_t number, int id, bool moves)
{
    struct table *table = &history.tables[number];
    struct committed *change = add_change(number, CHANGE_UPDATE);
    change->old_row = table->rows[id];
    int other = pick_id(table, false);
    if (moves && other > 0) {
        table->rows[id].code = 0;
        change->new_row = write_row(table, other, free_code(table));
    } else {
        change->new_row = write_row(table, id, change->old_row.code);
    }
    if (roll(2) == 0)
        keep_note(table, change);
    change->shows_old =
        table->shape.is_full || row_key_moves(table->shape.key, &change->old_row, &change->new_row);
}

static void delete (size_t number, int id)
{
    struct table *table = &history.tables[number];
    struct committed *change = add_change(number, CHANGE_DELETE);
    change->old_row = table->rows[id];
    change->shows_old = table->shape.is_full || table->shape.key != KEY_NONE;
    table->rows[id].code = 0;
}

static void change_a_row(size_t number, bool may_continue)
{
    struct table *table = &history.tables[number];
    int id = pick_id(table, true);
    unsigned what = roll(100);
    struct item *item = add_item(ITEM_CHANGE);
    if (id == 0 || (what < 35 && pick_id(table, false) > 0)) {
        item->continues = may_continue && roll(4) == 0;
        insert(number);
    } else if (what < 85) {
        update(number, id, what > 70);
    } else {
        delete (number, id);
    }
}

static void say(void)
{
    add_item(ITEM_MESSAGE);
    add_change(TABLES_MAX, CHANGE_MESSAGE)->new_row.seq = ++last_seq;
}

// Of each table that the transaction may touch, or of some.
static void truncate_tables(const size_t *tables, size_t count)
{
    size_t some = 1 + roll((unsigned)count);
    struct item *item = add_item(ITEM_TRUNCATE);
    item->count = some;
    for (size_t i = 0; i < some; i++) {
        add_change(tables[i], CHANGE_TRUNCATE);
        for (int id = 1; id <= ROWS_MAX; id++)
            history.tables[tables[i]].rows[id].code = 0;
    }
}

static struct entry *begin_entry(void)
{
    GROW(history.entries, history.entry_count, history.entry_capacity);
    struct entry *entry = &history.entries[history.entry_count];
    *entry = (struct entry){
        .xid = XID_FIRST + (uint32_t)history.entry_count,
        .first_item = history.item_count,
        .visible_at_ms = world.now_ms,
    };
    if (scenario_has(&world.scenario, MISFORTUNE_CATALOG) && roll(4) == 0)
        entry->visible_at_ms += roll(300);
    history.entry_count++;
    return entry;
}

static size_t make_transaction(const size_t *tables, size_t count, unsigned changes)
{
    begin_entry();
    // A long one that truncates again and again is seldom taken before most of it is stored.
    bool is_long = changes > world.scenario.changes_max;
    bool only_messages = roll(12) == 0;
    bool truncates = roll(is_long ? 4 : 2) == 0;
    bool is_row = false;
    for (unsigned i = 0; i < changes; i++) {
        if (only_messages || roll(15) == 0)
            say();
        else if (truncates && roll(20) == 0)
            truncate_tables(tables, count);
        else {
            change_a_row(tables[roll((unsigned)count)], is_row);
            is_row = true;
            continue;
        }
        is_row = false;
    }
    return history.entry_count - 1;
}

// A message is told with the end of its place in the log, anything else with its start.
static void place(struct item *item)
{
    item->lsn = history.position;
    history.position += 8 * (1 + roll(20));
    if (item->kind == ITEM_MESSAGE)
        item->lsn = history.position;
}

static void note_lsns(const struct item *item)
{
    for (size_t i = item->change; i < item->change + item->count; i++) {
        struct committed *change = &history.changes[i];
        change->lsn = item->lsn;
        change->next_same_lsn = (size_t)hash_map_get(&by_lsn, lsn_key(&item->lsn));
        hash_map_put(&by_lsn, lsn_key(&item->lsn), (void *)(i + 1));
    }
}

static void end_entry(struct entry *entry)
{
    entry->from = history.position;
    history.position += 8 * (1 + roll(20));
    entry->end = history.position;
    for (size_t i = entry->first_item; i < entry->first_item + entry->item_count; i++)
        note_lsns(&history.items[i]);
    world_trace("committed: xid %u, %zu things, ends at " LSN_FMT, entry->xid, entry->item_count,
        LSN_ARG(entry->end));
}

// The two commit one after the other; the second may have begun before the first ended.
static void lay_into_log(size_t first, size_t second)
{
    struct entry *a = &history.entries[first];
    struct entry *b = &history.entries[second];
    size_t of_b = 0;
    bool continued = false;
    for (size_t i = 0; i < a->item_count; i++) {
        struct item *item = &history.items[a->first_item + i];
        continued = item->continues && i > 0;
        if (continued)
            item->lsn = item[-1].lsn;
        else
            place(item);
        bool next_continues = i + 1 < a->item_count && item[1].continues;
        while (b != a && !next_continues && of_b < b->item_count && roll(3) == 0)
            place(&history.items[b->first_item + of_b++]);
    }
    end_entry(a);
    if (b == a)
        return;
    while (of_b < b->item_count)
        place(&history.items[b->first_item + of_b++]);
    end_entry(b);
}

static void shuffle(size_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t other = i + roll((unsigned)(count - i));
        size_t number = numbers[i];
        numbers[i] = numbers[other];
        numbers[other] = number;
    }
}

static bool is_long_due(void)
{
    const struct scenario *scenario = &world.scenario;
    return server.slot_exists && scenario->long_changes > 0 &&
           transactions_left == (scenario->transactions + 1) / 2;
}

static void commit_transactions(void)
{
    size_t tables[TABLES_MAX];
    size_t count = history.table_count;
    for (size_t i = 0; i < count; i++)
        tables[i] = i;
    shuffle(tables, count);
    const struct scenario *scenario = &world.scenario;
    unsigned changes = 1 + roll(scenario->changes_max);
    if (is_long_due())
        changes = scenario->long_changes;

    // Locks keep transactions that overlap apart: here, by table.
    bool overlap = count > 1 && roll(3) == 0;
    size_t split = overlap ? 1 + roll((unsigned)count - 1) : count;
    size_t first = make_transaction(tables, split, changes);
    size_t second = first;
    if (overlap)
        second = make_transaction(tables + split, count - split, 1 + roll(scenario->changes_max));
    lay_into_log(first, second);
}

static void alter_a_table(void)
{
    struct table *table = &history.tables[roll((unsigned)history.table_count)];
    unsigned what = roll(4);
    if (what == 0) {
        alter(table, (enum key_kind)roll(KEY_KIND_COUNT), table->shape.extra);
        table->key_ever_changed = true;
    } else {
        alter(table, table->shape.key, what == 1 ? 0 : ++extras);
    }
    history.position += 400;
    world_trace("altered: %s has key %d, extra column %u", table->quoted, table->shape.key,
        table->shape.extra);
}

static void say_outside(void)
{
    struct entry *entry = begin_entry();
    entry->is_message = true;
    entry->from = history.position;
    say();
    struct item *item = &history.items[entry->first_item];
    place(item);
    note_lsns(item);
    entry->end = history.position;
}

// What is committed before there is a slot concerns nobody: a little of it will do.
static bool waits_for_slot(void)
{
    return !server.slot_exists && history.entry_count >= BEFORE_SLOT_MAX;
}

void history_act(void)
{
    while (!history.is_over && !waits_for_slot() && world.now_ms >= next_commit_ms) {
        unsigned what = is_long_due() ? 20 : roll(20);
        if (what == 0)
            history.position += 8 * (1 + roll(5000)); // Other databases write, too.
        else if (what == 1)
            say_outside();
        else if (what == 2 && world.scenario.alters_tables)
            alter_a_table();
        else
            commit_transactions();
        history.is_over = --transactions_left == 0;
        next_commit_ms = world.now_ms + roll((unsigned)world.scenario.commit_gap_ms + 1);
    }
}

int64_t history_next_ms(void)
{
    return history.is_over || waits_for_slot() ? CLOCK_NEVER_MS : next_commit_ms;
}
