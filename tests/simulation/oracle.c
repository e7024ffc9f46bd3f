#include "oracle.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_map.h"
#include "history.h"
#include "model/record.h"
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The records of a partition key, by the numbers of their changes.
struct key_state {
    size_t last;  // In the stream, but for late copies.
    size_t first; // The newest that was stored for the first time.
    char text[];
};

static struct hash_map keys;
static size_t paid;    // Before this entry everything is stored.
static lsn_t forgiven; // Before this position nothing is owed.

void oracle_begin(void)
{
    hash_map_init(&keys);
    paid = 0;
    forgiven = 0;
}

void oracle_release(void)
{
    size_t at = 0;
    for (void *state; (state = hash_map_next(&keys, &at));)
        free(state);
    hash_map_release(&keys);
}

static bool contains(struct str text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

static size_t number_of(const struct committed *change)
{
    return (size_t)(change - history.changes);
}

// The table's name as JSON shows it.
static void write_table(char *text, size_t bytes, const char *quoted)
{
    size_t len = 0;
    for (; *quoted && len + 2 < bytes; quoted++) {
        if (*quoted == '"')
            text[len++] = '\\';
        text[len++] = *quoted;
    }
    text[len] = '\0';
}

static bool is_record_of(struct str data, const struct committed *change)
{
    static const char *const operations[] = {"INSERT", "UPDATE", "DELETE", "TRUNCATE"};
    char table[64];
    char head[160];
    char seq[48];
    write_table(table, sizeof table, history.tables[change->table].quoted);
    snprintf(head, sizeof head, "\"table\":\"%s\",\"operation\":\"%s\"", table,
        operations[change->kind]);
    snprintf(seq, sizeof seq, "\"t\":\"bigint\",\"v\":\"%" PRIu64 "\"", change->new_row.seq);
    bool has_seq = change->kind == CHANGE_INSERT || change->kind == CHANGE_UPDATE;
    return contains(data, head) && (!has_seq || contains(data, seq));
}

static lsn_t lsn_of(struct str data)
{
    const struct str word = STR("\"lsn\":\"");
    const char *found = memmem(data.ptr, data.len, word.ptr, word.len);
    struct str rest = str_after(data, found ? (size_t)(found - data.ptr) + word.len : data.len);
    lsn_t lsn = 0;
    struct err err;
    if (!lsn_parse(str_cut(&rest, '"'), &lsn, &err))
        world_broken(INVARIANT_COMPLETE, "a record without a place: " STR_FMT, STR_ARG(data));
    return lsn;
}

static struct committed *change_of(struct str data)
{
    struct committed *change = history_at(lsn_of(data));
    while (change && !is_record_of(data, change))
        change = change->next_same_lsn > 0 ? &history.changes[change->next_same_lsn - 1] : NULL;
    if (!change)
        world_broken(INVARIANT_COMPLETE, "a record that nobody committed: " STR_FMT, STR_ARG(data));
    return change;
}

static void write_key(char *text, size_t bytes, const struct committed *change)
{
    const struct row *row = committed_row(change);
    enum key_kind key = change->kind == CHANGE_TRUNCATE ? KEY_NONE : change->shape.key;
    int len = snprintf(text, bytes, "%s", history.tables[change->table].quoted);
    if (key == KEY_ID || key == KEY_BOTH)
        len += snprintf(text + len, bytes - (size_t)len, "idn%d", row->id);
    if (key == KEY_CODE || key == KEY_BOTH)
        snprintf(text + len, bytes - (size_t)len, "coden%d", row->code);
}

// While a table's key changes the catalog may answer for another time than the change's.
static void judge_key(const struct committed *change, struct str key)
{
    char expected[128];
    write_key(expected, sizeof expected, change);
    bool is_table = change->kind == CHANGE_TRUNCATE &&
                    str_equal(key, str_from_c(history.tables[change->table].quoted));
    if (!is_table && !history.tables[change->table].key_ever_changed &&
        !str_equal(key, str_from_c(expected)))
        world_broken(INVARIANT_KEY, "change %zu has key " STR_FMT ", not %s", number_of(change),
            STR_ARG(key), expected);
}

void oracle_judge_sent(const struct record *record)
{
    const struct committed *change = change_of(record_data(record));
    struct str key = record_key(record);
    judge_key(change, key);
    world_trace("sent: change %zu of entry %zu, key " STR_FMT, number_of(change), change->entry,
        STR_ARG(key));
}

static struct key_state *state_of(struct str key)
{
    struct key_state *state = hash_map_get(&keys, key);
    if (state)
        return state;
    state = alloc_zeroed(1, sizeof *state + key.len + 1);
    memcpy(state->text, key.ptr, key.len);
    hash_map_put(&keys, key, state);
    return state;
}

static void pay(struct committed *change)
{
    if (!change->is_owed)
        return;
    change->is_owed = false;
    history.entries[change->entry].owed--;
    while (paid < history.entry_count && history.entries[paid].owed == 0)
        paid++;
}

static bool is_settled(const struct table *table, size_t at)
{
    const struct committed *change = &history.changes[table->changes[at]];
    return change->stored > 0 || !change->is_owed;
}

static void judge_barrier(const struct committed *change)
{
    struct table *table = &history.tables[change->table];
    size_t number = number_of(change);
    while (table->stored < table->change_count && is_settled(table, table->stored))
        table->stored++;
    for (size_t i = table->stored; i < table->change_count && table->changes[i] < number; i++) {
        const struct committed *before = &history.changes[table->changes[i]];
        bool barrier = before->kind == CHANGE_TRUNCATE || change->kind == CHANGE_TRUNCATE;
        if (barrier && !is_settled(table, i))
            world_broken(INVARIANT_BARRIER, "change %zu is stored before change %zu", number,
                table->changes[i]);
    }
}

static void store_first(struct committed *change, struct key_state *key)
{
    size_t number = number_of(change);
    judge_barrier(change);
    if (number + 1 < key->first)
        world_broken(INVARIANT_ORDER, "change %zu of key %s is stored after change %zu", number,
            key->text, key->first - 1);
    key->first = number + 1;
}

void oracle_store(const struct record *record, bool is_late)
{
    struct committed *change = change_of(record_data(record));
    struct key_state *key = state_of(record_key(record));
    size_t number = number_of(change);
    world_trace("stored: change %zu%s%s", number, change->stored > 0 ? ", again" : "",
        is_late ? ", late" : "");
    bool is_forgiven = history.entries[change->entry].from < forgiven;
    if (change->stored == 0 && !is_forgiven)
        store_first(change, key);
    else if (change->stored > 0 && !change->may_come_again)
        world_broken(INVARIANT_ONCE, "change %zu is stored again, for no reason", number);
    change->stored++;
    change->stored_under = key;
    // What somebody moved the slot past, in the middle of coming or of coming again, ends anywhere.
    if ((!is_late && !is_forgiven) || number + 1 > key->last)
        key->last = number + 1;
    pay(change);
}

void oracle_judge_confirmed(lsn_t position)
{
    if (position > history.position)
        world_broken(
            INVARIANT_CONFIRMED, LSN_FMT " is confirmed, past the log's end", LSN_ARG(position));
    while (paid < history.entry_count && history.entries[paid].owed == 0)
        paid++;
    if (paid < history.entry_count && position > history.entries[paid].from)
        world_broken(INVARIANT_CONFIRMED,
            LSN_FMT " is confirmed, and xid %u, committed at " LSN_FMT ", is not stored",
            LSN_ARG(position), history.entries[paid].xid, LSN_ARG(history.entries[paid].from));
}

void oracle_forgive_before(lsn_t position)
{
    forgiven = position;
    size_t at = 0;
    for (struct key_state *key; (key = hash_map_next(&keys, &at));)
        key->last = key->first;
    for (size_t i = 0; i < history.change_count; i++) {
        struct committed *change = &history.changes[i];
        if (history.entries[change->entry].from < position)
            pay(change);
    }
}

void oracle_expect_again(size_t entry)
{
    for (size_t i = history.change_count; i-- > 0 && history.changes[i].entry >= entry;)
        history.changes[i].may_come_again |= history.changes[i].stored > 0;
}

void oracle_expect_duplicate(struct str data)
{
    change_of(data)->may_come_again = true;
}

bool oracle_is_content(void)
{
    return paid == history.entry_count;
}

void oracle_judge_end(void)
{
    for (size_t i = 0; i < history.change_count; i++)
        if (history.changes[i].is_owed)
            world_broken(INVARIANT_COMPLETE, "change %zu is missing", i);
    size_t at = 0;
    for (struct key_state *key; (key = hash_map_next(&keys, &at));) {
        // While a table's key changes, a change may come again under the other one.
        bool moved = key->first > 0 && history.changes[key->first - 1].stored_under != key;
        if (key->last < key->first && !moved)
            world_broken(INVARIANT_LAST, "the last record of key %s is change %zu, not %zu",
                key->text, key->last - 1, key->first - 1);
    }
}
