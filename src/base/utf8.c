#include "base/utf8.h"

#include "base/buf.h"
#include "base/eight_bytes.h"
#include "base/sixteen_bytes.h"

static bool is_continuation(struct str text, size_t at)
{
    return at < text.len && ((uint8_t)text.ptr[at] & 0xc0) == 0x80;
}

// Section 4: the second byte's range excludes overlong forms and surrogates.
static size_t wide_length(struct str text)
{
    uint8_t first = (uint8_t)text.ptr[0];
    if (text.len < 2 || first < 0xc2 || first > 0xf4)
        return 0;
    uint8_t second = (uint8_t)text.ptr[1];
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high)
        return 0;
    if (first < 0xe0)
        return 2;
    if (!is_continuation(text, 2))
        return 0;
    if (first < 0xf0)
        return 3;
    return is_continuation(text, 3) ? 4 : 0;
}

size_t utf8_length(struct str text)
{
    if (text.len == 0)
        return 0;
    return (uint8_t)text.ptr[0] < 0x80 ? 1 : wide_length(text);
}

// Eight bytes of ASCII are passed at a time: most text is nothing else.
static size_t next_length(struct str text)
{
    if (text.len >= 8 && (eight_bytes(text.ptr) & EIGHT_TOP_BITS) == 0)
        return 8;
    return utf8_length(text);
}

static inline sixteen_bytes are_wide(sixteen_bytes bytes)
{
    return bytes < 0;
}

// Nearly all text is, and what the service answers always.
static bool is_ascii(struct str text)
{
    return !sixteen_any_in(text, are_wide);
}

// The length of the characters that text begins with.
static size_t valid_length(struct str text)
{
    size_t valid = 0;
    size_t len = 0;
    while ((len = next_length(str_after(text, valid))) > 0)
        valid += len;
    return valid;
}

bool utf8_is_valid(struct str text)
{
    return is_ascii(text) || valid_length(text) == text.len;
}

void utf8_write(struct buf *buf, struct str text)
{
    if (is_ascii(text)) {
        buf_add(buf, text);
        return;
    }
    for (;;) {
        const size_t valid = valid_length(text);
        buf_add(buf, (struct str){.ptr = text.ptr, .len = valid});
        if (valid == text.len)
            return;
        buf_add(buf, STR("\xef\xbf\xbd"));
        text = str_after(text, valid + 1);
    }
}
