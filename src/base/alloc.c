#include "base/alloc.h"

#include "base/cache.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void *alloc_zeroed_lines(size_t count, size_t bytes)
{
    assert(count > 0 && bytes > 0 && bytes <= (SIZE_MAX - CACHE_LINE_BYTES) / count);
    const size_t lines = (count * bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES;
    void *memory = present(aligned_alloc(CACHE_LINE_BYTES, lines * CACHE_LINE_BYTES));
    return memset(memory, 0, count * bytes);
}

void *alloc_bytes(size_t bytes)
{
    return present(malloc(bytes > 0 ? bytes : 1));
}

void *alloc_resize(void *memory, size_t bytes)
{
    return present(realloc(memory, bytes > 0 ? bytes : 1));
}
