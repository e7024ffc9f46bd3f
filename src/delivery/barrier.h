// barrier - how many records each table still owes, for what must not overtake them.
//
// A TRUNCATE waits until its table owes nothing; what comes after it for that table waits until
// the TRUNCATE itself is stored: the table is fenced.
//
// Memory: a cell for each table that owes; the cells of as many as ever owed at once are kept.
//
// Tables are told apart by a hash (relation->table): should two share one, they wait for each
// other, which costs time and never order.
#ifndef PGK_DELIVERY_BARRIER_H
#define PGK_DELIVERY_BARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct barrier {
    struct barrier_cell *cells;
    size_t capacity; // A power of two, or 0.
    size_t count;
    size_t fenced; // Of these. Next to never is there any, and every record asks.
};

void barrier_init(struct barrier *barrier);
void barrier_release(struct barrier *barrier);

// Table 0 is no table: it never owes.
void barrier_owe(struct barrier *barrier, uint64_t table);
void barrier_pay(struct barrier *barrier, uint64_t table, uint64_t records);
bool barrier_owes(const struct barrier *barrier, uint64_t table);

// From now until the table owes nothing, barrier_is_fenced() is true. It owes something.
void barrier_fence(struct barrier *barrier, uint64_t table);
bool barrier_is_fenced(const struct barrier *barrier, uint64_t table);

#endif
