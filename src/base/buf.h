// buf - bytes that grow, up to a maximum that every buffer states at its birth.
//
// A write past the maximum is dropped, and so is every later one; they are counted. So a writer
// writes a whole message without a single if, then asks buf_ok(). buf_wanted() tells how long the
// message would have been.
//
// A buf with a drain is for what is larger than memory should be: when it is full it hands on what
// it holds and goes on, and drops nothing that comes by buf_add().
//
// Memory: a buf owns its bytes; buf_release() gives them back. Growing moves them: hold offsets.
#ifndef PGK_BASE_BUF_H
#define PGK_BASE_BUF_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Takes the bytes; they are borrowed for the call.
struct buf_drain {
    void (*take)(struct buf_drain *drain, struct str bytes);
};

struct buf {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t bytes_max;
    size_t dropped;
    struct buf_drain *drain; // NULL: none. Borrowed.
};

void buf_init(struct buf *buf, size_t bytes_max);
void buf_init_draining(struct buf *buf, size_t bytes_max, struct buf_drain *drain);
void buf_release(struct buf *buf);

// Hand on what it holds to its drain.
void buf_flush(struct buf *buf);

// Empty it and keep the memory.
void buf_clear(struct buf *buf);

// Forget the first len bytes, of which there are as many; what follows moves to the front.
void buf_drop(struct buf *buf, size_t len);

static inline void buf_add(struct buf *buf, struct str bytes);
static inline void buf_add_byte(struct buf *buf, char byte);
void buf_add_u64(struct buf *buf, uint64_t number); // In decimal.
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Room for len more bytes to be written in place, NULL when they would pass the maximum; the
// caller then takes as many as it wrote with buf_grow(). A dropped room counts as len bytes.
static inline char *buf_room(struct buf *buf, size_t len);
void buf_grow(struct buf *buf, size_t len);

// True when nothing was dropped.
bool buf_ok(const struct buf *buf);
size_t buf_wanted(const struct buf *buf);

// The bytes; borrowed until the next write.
struct str buf_str(const struct buf *buf);

// The bytes as a C string; borrowed until the next write.
const char *buf_c(struct buf *buf);

// The rest is for those above, who usually find room in what is there already.
char *buf_make_room(struct buf *buf, size_t len);
void buf_make_room_and_add(struct buf *buf, struct str bytes);
void buf_make_room_and_add_byte(struct buf *buf, char byte);

static inline bool buf_has_room(const struct buf *buf, size_t len)
{
    return buf->dropped == 0 && len < buf->capacity - buf->len;
}

static inline char *buf_room(struct buf *buf, size_t len)
{
    return buf_has_room(buf, len) ? buf->ptr + buf->len : buf_make_room(buf, len);
}

static inline void buf_add(struct buf *buf, struct str bytes)
{
    if (!buf_has_room(buf, bytes.len)) {
        buf_make_room_and_add(buf, bytes);
        return;
    }
    memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
    buf->len += bytes.len;
}

static inline void buf_add_byte(struct buf *buf, char byte)
{
    if (buf_has_room(buf, 1))
        buf->ptr[buf->len++] = byte;
    else
        buf_make_room_and_add_byte(buf, byte);
}

#endif
