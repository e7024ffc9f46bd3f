#include "delivery/barrier.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

// Linear probing without tombstones, as base/hash_map; apart from it because a record passes here
// twice and its key is a number already hashed.
struct barrier_cell {
    uint64_t table; // 0: empty.
    uint64_t owed;
    bool fenced;
};

enum {
    CAPACITY_FIRST = 64
};

void barrier_init(struct barrier *barrier)
{
    *barrier = (struct barrier){.cells = NULL};
}

void barrier_release(struct barrier *barrier)
{
    free(barrier->cells);
    barrier_init(barrier);
}

static struct barrier_cell *find(const struct barrier *barrier, uint64_t table)
{
    size_t mask = barrier->capacity - 1;
    size_t i = table & mask;
    while (barrier->cells[i].table != 0 && barrier->cells[i].table != table)
        i = (i + 1) & mask;
    return &barrier->cells[i];
}

static const struct barrier_cell *owing(const struct barrier *barrier, uint64_t table)
{
    if (table == 0 || barrier->count == 0)
        return NULL;
    const struct barrier_cell *cell = find(barrier, table);
    return cell->table == table ? cell : NULL;
}

static void widen(struct barrier *barrier)
{
    struct barrier old = *barrier;
    barrier->capacity = old.capacity > 0 ? 2 * old.capacity : CAPACITY_FIRST;
    barrier->cells = alloc_zeroed(barrier->capacity, sizeof *barrier->cells);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.cells[i].table != 0)
            *find(barrier, old.cells[i].table) = old.cells[i];
    free(old.cells);
}

void barrier_owe(struct barrier *barrier, uint64_t table)
{
    if (table == 0)
        return;
    if (2 * (barrier->count + 1) > barrier->capacity)
        widen(barrier);
    struct barrier_cell *cell = find(barrier, table);
    barrier->count += cell->table == 0;
    cell->table = table;
    cell->owed++;
}

static void close_gap(struct barrier *barrier, size_t gap)
{
    size_t mask = barrier->capacity - 1;
    barrier->cells[gap] = (struct barrier_cell){.table = 0};
    for (size_t i = (gap + 1) & mask; barrier->cells[i].table != 0; i = (i + 1) & mask) {
        size_t home = barrier->cells[i].table & mask;
        bool may_move = ((i - home) & mask) >= ((i - gap) & mask);
        if (may_move) {
            barrier->cells[gap] = barrier->cells[i];
            barrier->cells[i] = (struct barrier_cell){.table = 0};
            gap = i;
        }
    }
}

void barrier_pay(struct barrier *barrier, uint64_t table, uint64_t records)
{
    if (table == 0)
        return;
    assert(barrier_owes(barrier, table));
    struct barrier_cell *cell = find(barrier, table);
    assert(cell->owed >= records);
    cell->owed -= records;
    if (cell->owed > 0)
        return;
    barrier->count--;
    barrier->fenced -= cell->fenced;
    close_gap(barrier, (size_t)(cell - barrier->cells));
}

bool barrier_owes(const struct barrier *barrier, uint64_t table)
{
    return owing(barrier, table) != NULL;
}

void barrier_fence(struct barrier *barrier, uint64_t table)
{
    assert(barrier_owes(barrier, table));
    struct barrier_cell *cell = find(barrier, table);
    barrier->fenced += !cell->fenced;
    cell->fenced = true;
}

bool barrier_is_fenced(const struct barrier *barrier, uint64_t table)
{
    if (barrier->fenced == 0)
        return false;
    const struct barrier_cell *cell = owing(barrier, table);
    return cell && cell->fenced;
}
