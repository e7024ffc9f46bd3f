#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static void *present(void *memory)
{
    if (!memory) { // uncovered: a process that aborts leaves no profile behind.
        fputs("pg_kinesis: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *alloc_zeroed(size_t count, size_t bytes)
{
    return present(calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1));
}

void *alloc_bytes(size_t bytes)
{
    return present(malloc(bytes > 0 ? bytes : 1));
}

void *alloc_resize(void *memory, size_t bytes)
{
    return present(realloc(memory, bytes > 0 ? bytes : 1));
}
