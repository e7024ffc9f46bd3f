// str - a borrowed run of bytes: not owned, not terminated, may contain zeros.
//
// The pointer is never NULL (the empty string is STR("")), and nothing may assume a terminator.
#ifndef PGK_BASE_STR_H
#define PGK_BASE_STR_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){.ptr = (literal), .len = sizeof(literal) - 1})
// The same where the language wants a constant: in a static table.
#define STR_CONST(literal)                                                                         \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    }

#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr

// The bytes before a C string's terminator; NULL gives the empty string.
struct str str_from_c(const char *text);

// These three and their like in buf.h are here to be compiled into their callers: each row passes
// them a hundred times, and most of the time with a length that the compiler knows.
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static inline bool str_starts_with(struct str text, struct str prefix)
{
    return text.len >= prefix.len && memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
}

// What is left of text after its first len bytes; len is at most text.len.
static inline struct str str_after(struct str text, size_t len)
{
    assert(len <= text.len);
    return (struct str){.ptr = text.ptr + len, .len = text.len - len};
}

// Bytewise, as memcmp; a prefix comes before what it begins.
int str_compare(struct str a, struct str b);

// The text without the blanks, tabs and line ends around it.
struct str str_trim(struct str text);

// The next piece of *rest before the separator, or all of it; *rest keeps what follows.
struct str str_cut(struct str *rest, char separator);

// A number to tell byte runs apart by (FNV-1a). Not against an adversary.
uint64_t str_hash(struct str text);

// Decimal digits and nothing else, between min and max.
bool str_to_u64(struct str text, uint64_t min, uint64_t max, uint64_t *number);

#endif
