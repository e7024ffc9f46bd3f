#include "base/buf.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY_MIN = 64
};

void buf_init(struct buf *buf, size_t bytes_max)
{
    *buf = (struct buf){.bytes_max = bytes_max};
}

void buf_init_draining(struct buf *buf, size_t bytes_max, struct buf_drain *drain)
{
    *buf = (struct buf){.bytes_max = bytes_max, .drain = drain};
}

void buf_release(struct buf *buf)
{
    free(buf->ptr);
    buf_init_draining(buf, buf->bytes_max, buf->drain);
}

void buf_flush(struct buf *buf)
{
    assert(buf->drain);
    if (buf->len > 0)
        buf->drain->take(buf->drain, buf_str(buf));
    buf->len = 0;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->dropped = 0;
}

void buf_drop(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0)
        return;
    memmove(buf->ptr, buf->ptr + len, buf->len - len);
    buf->len -= len;
}

char *buf_make_room(struct buf *buf, size_t len)
{
    if (len > buf->bytes_max - buf->len && buf->drain)
        buf_flush(buf);
    if (buf->dropped > 0 || len > buf->bytes_max - buf->len) {
        buf->dropped += len;
        return NULL;
    }
    // One byte more than asked for, so that buf_c() always has room for its terminator.
    size_t needed = buf->len + len + 1;
    if (needed > buf->capacity) {
        size_t doubled = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : 2 * buf->capacity;
        size_t most = buf->bytes_max + 1;
        size_t capacity = doubled > needed ? doubled : needed;
        buf->capacity = capacity > most ? most : capacity;
        buf->ptr = alloc_resize(buf->ptr, buf->capacity);
    }
    return buf->ptr + buf->len;
}

void buf_grow(struct buf *buf, size_t len)
{
    assert(len < buf->capacity - buf->len);
    buf->len += len;
}

void buf_make_room_and_add(struct buf *buf, struct str bytes)
{
    if (bytes.len == 0)
        return; // A buf that only measures takes no memory.
    if (bytes.len > buf->bytes_max && buf->drain) {
        buf_flush(buf);
        buf->drain->take(buf->drain, bytes);
        return;
    }
    char *room = buf_room(buf, bytes.len);
    if (!room)
        return;
    memcpy(room, bytes.ptr, bytes.len);
    buf->len += bytes.len;
}

// Apart from the one above, so that who adds a byte need not have it in memory.
void buf_make_room_and_add_byte(struct buf *buf, char byte)
{
    buf_make_room_and_add(buf, (struct str){.ptr = &byte, .len = 1});
}

void buf_add_u64(struct buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_add(buf, (struct str){.ptr = digits + at, .len = sizeof digits - at});
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);

    char *room = buf_room(buf, (size_t)len);
    if (!room)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

bool buf_ok(const struct buf *buf)
{
    return buf->dropped == 0;
}

size_t buf_wanted(const struct buf *buf)
{
    return buf->len + buf->dropped;
}

struct str buf_str(const struct buf *buf)
{
    return buf->len > 0 ? (struct str){.ptr = buf->ptr, .len = buf->len} : STR("");
}

const char *buf_c(struct buf *buf)
{
    if (!buf->ptr)
        return "";
    buf->ptr[buf->len] = 0;
    return buf->ptr;
}
