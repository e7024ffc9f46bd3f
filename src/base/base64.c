#include "base/base64.h"

#include "base/buf.h"

#include <limits.h>
#include <openssl/evp.h>

void base64_write(struct buf *buf, struct str bytes)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    char *room = buf_room(buf, len);
    if (!room || len == 0)
        return;
    EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)bytes.ptr, (int)bytes.len);
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
