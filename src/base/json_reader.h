// json_reader - read JSON from a peer in one pass, without building a tree.
//
// The caller walks: enter an object, take its members one by one, read or skip each value. What is
// no JSON, or not of the kind asked for, fails the reader; every later read fails too and loops
// end. So a caller walks a whole text without a single if, then asks json_done().
//
// Memory: the text is the caller's and is spent: strings are unescaped in place, and the strings
// returned point into it. Depth is bounded by JSON_DEPTH_MAX.
#ifndef PGK_BASE_JSON_READER_H
#define PGK_BASE_JSON_READER_H

#include "base/str.h"

enum {
    JSON_DEPTH_MAX = 32,
};

enum json_kind {
    JSON_INVALID, // No value begins here, or the reader has failed.
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_reader {
    char *at;
    char *end;
    unsigned depth;
    bool first; // At the first member or element of the object or array just entered.
    bool failed;
};

struct json_reader json_reader_over(char *text, size_t len);

// The kind of the value that comes next; nothing is consumed.
enum json_kind json_peek(struct json_reader *reader);

// Enter an object, then call json_member() until it returns false; after each true one, read or
// skip the value.
void json_enter_object(struct json_reader *reader);
bool json_member(struct json_reader *reader, struct str *name);

// Likewise for an array.
void json_enter_array(struct json_reader *reader);
bool json_element(struct json_reader *reader);

struct str json_string(struct json_reader *reader);

// For members that a peer may set to null or leave to be anything: what is no string is skipped,
// and "" stands for it.
struct str json_string_or_skip(struct json_reader *reader);

// What was not read yet; "" after a failure.
static inline struct str json_rest(const struct json_reader *reader)
{
    if (reader->failed || reader->at == reader->end)
        return STR("");
    return (struct str){.ptr = reader->at, .len = (size_t)(reader->end - reader->at)};
}

// Passes the first len bytes of what was not read yet: the caller knows that they are the value
// which comes next, all of it, and the blanks before it.
static inline void json_pass(struct json_reader *reader, size_t len)
{
    assert(!reader->failed && len <= (size_t)(reader->end - reader->at));
    reader->at += len;
}

double json_number(struct json_reader *reader);
bool json_bool(struct json_reader *reader);
void json_skip(struct json_reader *reader);

// True when nothing failed and nothing but blanks is left.
bool json_done(struct json_reader *reader);

#endif
