// alloc - memory that is there, or the program is not: running out aborts.
//
// Aborting loses nothing: what is unconfirmed stays in the slot.
#ifndef PGK_BASE_ALLOC_H
#define PGK_BASE_ALLOC_H

#include <stddef.h>

// Zeroed; release with free().
void *alloc_zeroed(size_t count, size_t bytes);

// The same from the beginning of a line of the processor's cache: of a table whose elements are
// looked at one here and one there, so that none lies in two lines.
void *alloc_zeroed_lines(size_t count, size_t bytes);

// Not zeroed; release with free().
void *alloc_bytes(size_t bytes);

// As realloc, and the result is never NULL.
void *alloc_resize(void *memory, size_t bytes);

#endif
