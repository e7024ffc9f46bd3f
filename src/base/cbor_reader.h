// cbor_reader - read CBOR (RFC 8949) from a peer in one pass, without building a tree.
//
// The counterpart of json_reader.h, walked in the same way: what is no CBOR, or not of the kind
// asked for, fails the reader; every later read fails too and loops end. Maps, arrays and strings
// may state their length or not; names of members are text; tags are passed over, and what they are
// put on is read as it is.
//
// Memory: the bytes are the caller's and are spent: a string in pieces is joined in place, and the
// strings returned point into them. Depth is bounded by CBOR_DEPTH_MAX.
#ifndef PGK_BASE_CBOR_READER_H
#define PGK_BASE_CBOR_READER_H

#include "base/str.h"

enum {
    CBOR_DEPTH_MAX = 32,
};

enum cbor_kind {
    CBOR_KIND_INVALID, // No item begins here, or the reader has failed.
    CBOR_KIND_NULL,    // Also "undefined".
    CBOR_KIND_FALSE,
    CBOR_KIND_TRUE,
    CBOR_KIND_NUMBER, // Whole or floating.
    CBOR_KIND_TEXT,
    CBOR_KIND_BYTES,
    CBOR_KIND_ARRAY,
    CBOR_KIND_MAP,
};

struct cbor_reader {
    char *at;
    char *end;
    unsigned depth;
    bool failed;                         // Then nothing is left.
    uint64_t items_left[CBOR_DEPTH_MAX]; // Of the maps and arrays entered.
};

struct cbor_reader cbor_reader_over(char *bytes, size_t len);

// The kind of the item that comes next; nothing but tags is consumed.
enum cbor_kind cbor_peek(struct cbor_reader *reader);

// Enter a map, then call cbor_member() until it returns false; after each true one, read or skip
// the value.
void cbor_enter_map(struct cbor_reader *reader);
bool cbor_member(struct cbor_reader *reader, struct str *name);

// Likewise for an array.
void cbor_enter_array(struct cbor_reader *reader);
bool cbor_element(struct cbor_reader *reader);

struct str cbor_text(struct cbor_reader *reader); // It is UTF-8, or the reader fails.
struct str cbor_bytes(struct cbor_reader *reader);

// For members that a peer may set to null or leave to be anything: what is no text is skipped, and
// "" stands for it.
struct str cbor_text_or_skip(struct cbor_reader *reader);

// What was not read yet; "" after a failure.
static inline struct str cbor_rest(const struct cbor_reader *reader)
{
    if (reader->at == reader->end)
        return STR("");
    return (struct str){.ptr = reader->at, .len = (size_t)(reader->end - reader->at)};
}

// Passes the first len bytes of what was not read yet: the caller knows that they are the item
// which comes next, all of it, and the tags before it.
static inline void cbor_pass(struct cbor_reader *reader, size_t len)
{
    assert(len <= (size_t)(reader->end - reader->at));
    reader->at += len;
}

double cbor_number(struct cbor_reader *reader);
void cbor_skip(struct cbor_reader *reader);

// For a caller who finds what is well formed but not what it takes.
void cbor_fail(struct cbor_reader *reader);

// True when nothing failed and nothing is left.
bool cbor_done(const struct cbor_reader *reader);

#endif
