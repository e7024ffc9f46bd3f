// relation_list - the relations that an event names, in its order.
//
// Memory: owns the list, borrows the relations.
#ifndef PGK_POSTGRES_RELATION_LIST_H
#define PGK_POSTGRES_RELATION_LIST_H

#include <stddef.h>

struct relation;

struct relation_list {
    struct relation **items;
    size_t count;
    size_t capacity;
};

// A list begins as zeroes.
void relation_list_release(struct relation_list *list);
void relation_list_grow(struct relation_list *list);

// Every row passes these, so they are here to be compiled into their callers.
static inline void relation_list_clear(struct relation_list *list)
{
    list->count = 0;
}

static inline void relation_list_add(struct relation_list *list, struct relation *relation)
{
    if (list->count == list->capacity)
        relation_list_grow(list);
    list->items[list->count++] = relation;
}

#endif
