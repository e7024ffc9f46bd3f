#include "base/base64.h"

#include "base/buf.h"

#include <endian.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

// The digits of 12 bits, a pair: half the steps of a digit at a time, and the table still lies in
// the first cache.
static char pairs[1 << 12][2];

static void make_pairs(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t bits = 0; bits < sizeof pairs / sizeof *pairs; bits++) {
        pairs[bits][0] = digits[bits >> 6];
        pairs[bits][1] = digits[bits & 63];
    }
}

// Eight digits for the first six of eight bytes.
static void put_eight(char *out, const void *bytes)
{
    uint64_t bits;
    memcpy(&bits, bytes, sizeof bits);
    bits = be64toh(bits);
    memcpy(out, pairs[bits >> 52], 2);
    memcpy(out + 2, pairs[bits >> 40 & 0xfff], 2);
    memcpy(out + 4, pairs[bits >> 28 & 0xfff], 2);
    memcpy(out + 6, pairs[bits >> 16 & 0xfff], 2);
}

// The digits of the last bytes, fewer than eight, with their padding.
static void put_rest(char *out, struct str bytes)
{
    uint8_t filled[6 + 8] = {0};
    char digits[16];
    memcpy(filled, bytes.ptr, bytes.len);
    put_eight(digits, filled);
    put_eight(digits + 8, filled + 6);
    const size_t len = (bytes.len + 2) / 3 * 4;
    const size_t padding = len / 4 * 3 - bytes.len;
    memcpy(out, digits, len);
    memset(out + len - padding, '=', padding);
}

// EVP_EncodeBlock takes three times the instructions, and every byte of every record passes here.
void base64_write(struct buf *buf, struct str bytes)
{
    if (!pairs[0][0])
        make_pairs();
    const size_t len = (bytes.len + 2) / 3 * 4;
    char *out = buf_room(buf, len);
    if (!out)
        return;
    for (; bytes.len >= 8; bytes = str_after(bytes, 6)) {
        put_eight(out, bytes.ptr);
        out += 8;
    }
    put_rest(out, bytes);
    buf_grow(buf, len);
}

// EVP_DecodeBlock passes over blanks and line ends around the text; Base64 has none.
static bool is_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

bool base64_read(struct buf *buf, struct str text)
{
    if (text.len == 0)
        return true;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    if (text.len % 4 != 0 || text.len > INT_MAX || !is_digit(text.ptr[0]) ||
        !is_digit(text.ptr[text.len - 1 - padding]))
        return false;

    char *room = buf_room(buf, text.len / 4 * 3);
    if (!room)
        return false;
    int len =
        EVP_DecodeBlock((unsigned char *)room, (const unsigned char *)text.ptr, (int)text.len);
    if (len < 0)
        return false;
    buf_grow(buf, (size_t)len - padding);
    return true;
}
