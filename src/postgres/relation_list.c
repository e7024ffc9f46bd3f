#include "postgres/relation_list.h"

#include "base/alloc.h"

#include <stdlib.h>

void relation_list_release(struct relation_list *list)
{
    free(list->items);
    *list = (struct relation_list){.items = NULL};
}

void relation_list_grow(struct relation_list *list)
{
    list->capacity = 2 * list->capacity + 1;
    list->items = alloc_resize(list->items, list->capacity * sizeof(struct relation *));
}
