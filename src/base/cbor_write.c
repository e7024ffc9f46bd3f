#include "base/cbor_write.h"

#include "base/buf.h"

enum {
    SIMPLE_FALSE = 20,
    SIMPLE_TRUE = 21
};

static char *put_byte(char *out, unsigned byte)
{
    *out = (char)byte;
    return out + 1;
}

// The argument in so many bytes, a power of two.
static char *put_argument(char *out, uint64_t argument, unsigned bytes)
{
    while (bytes-- > 0)
        out = put_byte(out, (unsigned)(argument >> 8 * bytes & 0xff));
    return out;
}

char *cbor_put_head(char *out, enum cbor_major major, uint64_t argument)
{
    const unsigned first = (unsigned)major << 5;
    if (argument < CBOR_ARGUMENT_8)
        return put_byte(out, first | (unsigned)argument);
    if (argument <= UINT8_MAX)
        return put_argument(put_byte(out, first | CBOR_ARGUMENT_8), argument, 1);
    if (argument <= UINT16_MAX)
        return put_argument(put_byte(out, first | (CBOR_ARGUMENT_8 + 1)), argument, 2);
    if (argument <= UINT32_MAX)
        return put_argument(put_byte(out, first | (CBOR_ARGUMENT_8 + 2)), argument, 4);
    return put_argument(put_byte(out, first | CBOR_ARGUMENT_64), argument, 8);
}

char *cbor_put_string(char *out, enum cbor_major major, struct str bytes)
{
    out = cbor_put_head(out, major, bytes.len);
    memcpy(out, bytes.ptr, bytes.len);
    return out + bytes.len;
}

void cbor_write_head(struct buf *buf, enum cbor_major major, uint64_t argument)
{
    char head[CBOR_HEAD_BYTES_MAX];
    char *end = cbor_put_head(head, major, argument);
    buf_add(buf, (struct str){.ptr = head, .len = (size_t)(end - head)});
}

void cbor_write_text(struct buf *buf, struct str text)
{
    cbor_write_head(buf, CBOR_TEXT, text.len);
    buf_add(buf, text);
}

void cbor_write_bytes(struct buf *buf, struct str bytes)
{
    cbor_write_head(buf, CBOR_BYTES, bytes.len);
    buf_add(buf, bytes);
}

void cbor_write_bool(struct buf *buf, bool truth)
{
    cbor_write_head(buf, CBOR_SIMPLE, truth ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_write_open(struct buf *buf, enum cbor_major map_or_array)
{
    buf_add_byte(buf, (char)(map_or_array << 5 | CBOR_INDEFINITE));
}

void cbor_write_end(struct buf *buf)
{
    buf_add_byte(buf, (char)(CBOR_SIMPLE << 5 | CBOR_INDEFINITE));
}
