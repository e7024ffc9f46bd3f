#include "postgres/relation_list.h"

#include "base/alloc.h"

#include <stdlib.h>

void relation_list_release(struct relation_list *list)
{
    free(list->items);
    *list = (struct relation_list){.items = NULL};
}

void relation_list_clear(struct relation_list *list)
{
    list->count = 0;
}

void relation_list_add(struct relation_list *list, struct relation *relation)
{
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 1;
        list->items = alloc_resize(list->items, list->capacity * sizeof(struct relation *));
    }
    list->items[list->count++] = relation;
}
