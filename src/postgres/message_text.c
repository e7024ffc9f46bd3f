#include "postgres/message_text.h"

#include "postgres/encoding.h"

#include <assert.h>

enum {
    BYTES_KEPT = 1 << 20 // What one large message needed is given back after it.
};

void message_text_init(struct message_text *texts, struct encoding *encoding)
{
    texts->encoding = encoding;
    buf_init(
        &texts->converted, (size_t)INT32_MAX * ENCODING_GROWTH_MAX); // A message is below 2 GiB.
}

void message_text_release(struct message_text *texts)
{
    buf_release(&texts->converted);
}

// Room for all of it at once, so that nothing moves which was given out.
void message_text_begin(struct message_text *texts, size_t message_bytes)
{
    if (!texts->encoding)
        return;
    if (texts->converted.capacity > BYTES_KEPT)
        buf_release(&texts->converted);
    buf_clear(&texts->converted);
    char *room = buf_room(&texts->converted, message_bytes * ENCODING_GROWTH_MAX);
    assert(room);
}

struct str message_text_of(struct message_text *texts, struct str part)
{
    if (!texts->encoding)
        return part;
    struct str text = encoding_to_utf8(texts->encoding, part);
    if (text.ptr == part.ptr)
        return part;
    const char *start = texts->converted.ptr + texts->converted.len;
    buf_add(&texts->converted, text);
    assert(texts->converted.ptr + texts->converted.len == start + text.len);
    return (struct str){.ptr = start, .len = text.len};
}
