#include "delivery/barrier.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

// Linear probing without tombstones, as base/hash_map; apart from it because a record passes here
// twice and its key is a number already hashed.
struct barrier_slot {
    uint64_t table; // 0: empty.
    uint64_t owed;
    bool fenced;
};

enum {
    CAPACITY_FIRST = 64
};

void barrier_init(struct barrier *barrier)
{
    *barrier = (struct barrier){.slots = NULL};
}

void barrier_release(struct barrier *barrier)
{
    free(barrier->slots);
    barrier_init(barrier);
}

static struct barrier_slot *find(const struct barrier *barrier, uint64_t table)
{
    size_t mask = barrier->capacity - 1;
    size_t i = table & mask;
    while (barrier->slots[i].table != 0 && barrier->slots[i].table != table)
        i = (i + 1) & mask;
    return &barrier->slots[i];
}

static const struct barrier_slot *owing(const struct barrier *barrier, uint64_t table)
{
    if (table == 0 || barrier->count == 0)
        return NULL;
    const struct barrier_slot *slot = find(barrier, table);
    return slot->table == table ? slot : NULL;
}

static void widen(struct barrier *barrier)
{
    struct barrier old = *barrier;
    barrier->capacity = old.capacity > 0 ? 2 * old.capacity : CAPACITY_FIRST;
    barrier->slots = alloc_zeroed(barrier->capacity, sizeof *barrier->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].table != 0)
            *find(barrier, old.slots[i].table) = old.slots[i];
    free(old.slots);
}

void barrier_owe(struct barrier *barrier, uint64_t table)
{
    if (table == 0)
        return;
    if (2 * (barrier->count + 1) > barrier->capacity)
        widen(barrier);
    struct barrier_slot *slot = find(barrier, table);
    barrier->count += slot->table == 0;
    slot->table = table;
    slot->owed++;
}

static void close_gap(struct barrier *barrier, size_t gap)
{
    size_t mask = barrier->capacity - 1;
    barrier->slots[gap] = (struct barrier_slot){.table = 0};
    for (size_t i = (gap + 1) & mask; barrier->slots[i].table != 0; i = (i + 1) & mask) {
        size_t home = barrier->slots[i].table & mask;
        bool may_move = ((i - home) & mask) >= ((i - gap) & mask);
        if (may_move) {
            barrier->slots[gap] = barrier->slots[i];
            barrier->slots[i] = (struct barrier_slot){.table = 0};
            gap = i;
        }
    }
}

void barrier_pay(struct barrier *barrier, uint64_t table)
{
    if (table == 0)
        return;
    assert(barrier_owes(barrier, table));
    struct barrier_slot *slot = find(barrier, table);
    if (--slot->owed > 0)
        return;
    barrier->count--;
    close_gap(barrier, (size_t)(slot - barrier->slots));
}

bool barrier_owes(const struct barrier *barrier, uint64_t table)
{
    return owing(barrier, table) != NULL;
}

void barrier_fence(struct barrier *barrier, uint64_t table)
{
    assert(barrier_owes(barrier, table));
    find(barrier, table)->fenced = true;
}

bool barrier_is_fenced(const struct barrier *barrier, uint64_t table)
{
    const struct barrier_slot *slot = owing(barrier, table);
    return slot && slot->fenced;
}
