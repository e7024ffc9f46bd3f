#include "oracle.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_map.h"
#include "expected.h"
#include "history.h"
#include "model/record.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum {
    EXPECTED_BYTES_MAX = 4096
};

// The records of a partition key, by the numbers of their changes.
struct key_state {
    size_t last;  // In the stream, but for late copies.
    size_t first; // The newest that was stored for the first time.
    char text[];
};

static struct hash_map keys;
static size_t paid;    // Before this entry everything is stored.
static lsn_t forgiven; // Before this position nothing is owed.
static struct buf expected;

void oracle_begin(void)
{
    hash_map_init(&keys);
    paid = 0;
    forgiven = 0;
    buf_init(&expected, EXPECTED_BYTES_MAX);
}

void oracle_release(void)
{
    size_t at = 0;
    for (void *state; (state = hash_map_next(&keys, &at));)
        free(state);
    hash_map_release(&keys);
    buf_release(&expected);
}

static size_t number_of(const struct committed *change)
{
    return (size_t)(change - history.changes);
}

static bool is_record_of(struct str rest, const struct committed *change)
{
    buf_clear(&expected);
    expected_record(&expected, change);
    return str_equal(rest, buf_str(&expected));
}

// Returns what follows the record's place in the log.
static struct str read_head(struct str data, lsn_t *lsn)
{
    const struct str word = STR(",\"lsn\":\"");
    const char *found = memmem(data.ptr, data.len, word.ptr, word.len);
    struct str rest = str_after(data, found ? (size_t)(found - data.ptr) + word.len : data.len);
    struct err err;
    if (!str_starts_with(data, STR("{\"time\":\"")) || !lsn_parse(str_cut(&rest, '"'), lsn, &err) ||
        !str_starts_with(rest, STR(",")))
        world_broken(
            INVARIANT_COMPLETE, "a record without time and place: " STR_FMT, STR_ARG(data));
    return str_after(rest, 1);
}

// Of a record that somebody asked for.
static struct committed *change_of(struct str data)
{
    lsn_t lsn = 0;
    struct str rest = read_head(data, &lsn);
    struct committed *change = history_at(lsn);
    while (change && !is_record_of(rest, change))
        change = change->next_same_lsn > 0 ? &history.changes[change->next_same_lsn - 1] : NULL;
    if (!change)
        world_broken(INVARIANT_COMPLETE, "a record that nobody committed: " STR_FMT, STR_ARG(data));
    if (!change->is_wanted)
        world_broken(INVARIANT_COMPLETE, "nobody asked for that: " STR_FMT, STR_ARG(data));
    return change;
}

// While a table's key changes the catalog may answer for another time than the change's.
static void judge_key(const struct committed *change, struct str key)
{
    buf_clear(&expected);
    expected_key(&expected, change);
    if (!history.tables[change->table].key_ever_changed && !str_equal(key, buf_str(&expected)))
        world_broken(INVARIANT_KEY, "change %zu has key " STR_FMT ", not " STR_FMT,
            number_of(change), STR_ARG(key), STR_ARG(buf_str(&expected)));
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

struct sent oracle_judge_sent(const struct record *record)
{
    struct committed *change = change_of(record_data(record));
    struct str key = record_key(record);
    judge_key(change, key);
    if (record->attempts <= 1) // On a new connection nobody remembers what was asked for.
        change->not_before_ms = 0;
    if (world.now_ms < change->not_before_ms)
        world_broken(INVARIANT_PROMPT, "change %zu is sent too early", number_of(change));
    world_trace("sent: change %zu of entry %zu, key " STR_FMT, number_of(change), change->entry,
        STR_ARG(key));
    return (struct sent){.change = number_of(change), .key = state_of(key)};
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
    if (number + 1 < key->first && scenario_keeps_order(&world.scenario))
        world_broken(INVARIANT_ORDER, "change %zu of key %s is stored after change %zu", number,
            key->text, key->first - 1);
    key->first = number + 1;
}

static void trace_storing(const struct committed *change, enum storing storing)
{
    static const char *const manners[] = {"", ", late", ", before its like"};
    world_trace("stored: change %zu%s%s", number_of(change), change->stored > 0 ? ", again" : "",
        manners[storing]);
}

void oracle_store(struct sent sent, enum storing storing)
{
    struct committed *change = &history.changes[sent.change];
    struct key_state *key = sent.key;
    size_t number = sent.change;
    trace_storing(change, storing);
    bool is_forgiven = history.entries[change->entry].from < forgiven;
    if (change->stored > 0 && !change->may_come_again)
        world_broken(INVARIANT_ONCE, "change %zu is stored again, for no reason", number);
    if (storing == STORING_INVERTED) { // It must come again, and counts for nothing until then.
        change->may_come_again = true;
        return;
    }
    if (change->stored == 0 && !is_forgiven)
        store_first(change, key);
    change->stored++;
    change->stored_under = key;
    // What somebody moved the slot past, in the middle of coming or of coming again, ends anywhere.
    if ((storing != STORING_LATE && !is_forgiven) || number + 1 > key->last)
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

void oracle_expect_duplicate(struct sent sent)
{
    history.changes[sent.change].may_come_again = true;
}

void oracle_expect_patience(struct sent sent, int64_t until_ms)
{
    history.changes[sent.change].not_before_ms = until_ms;
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
    if (!scenario_keeps_order(&world.scenario))
        return;
    size_t at = 0;
    for (struct key_state *key; (key = hash_map_next(&keys, &at));) {
        // While a table's key changes, a change may come again under the other one.
        bool moved = key->first > 0 && history.changes[key->first - 1].stored_under != key;
        if (key->last < key->first && !moved)
            world_broken(INVARIANT_LAST, "the last record of key %s is change %zu, not %zu",
                key->text, key->last - 1, key->first - 1);
    }
}
