#include "sim/blob.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum {
    RUN_BYTES = 16,
};

// 1 or 0, without a branch or a table: so the compiler tests a whole run at once.
static uint8_t is_digit(uint8_t byte)
{
    const uint8_t from_a = (uint8_t)((byte | 0x20) - 'a');
    const uint8_t from_0 = (uint8_t)(byte - '0');
    return (uint8_t)((from_a < 26) | (from_0 < 10) | (byte == '+') | (byte == '/'));
}

// Every byte of every record passes here.
static bool are_digits(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    for (; len - at >= RUN_BYTES; at += RUN_BYTES) {
        uint8_t all = 1;
        for (size_t i = 0; i < RUN_BYTES; i++)
            all &= is_digit(bytes[at + i]);
        if (!all)
            return false;
    }
    for (; at < len; at++)
        if (!is_digit(bytes[at]))
            return false;
    return true;
}

bool blob_measure(struct str text, size_t *bytes)
{
    if (text.len % 4 != 0)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    const size_t count = text.len - padding;
    if (!are_digits((const uint8_t *)text.ptr, count))
        return false;
    if (padding > 0) {
        const char *last = memchr(digits, text.ptr[count - 1], sizeof digits - 1);
        const ptrdiff_t dropped_bits = padding == 1 ? 0x03 : 0x0f;
        if (((last - digits) & dropped_bits) != 0)
            return false;
    }
    *bytes = text.len / 4 * 3 - padding;
    return true;
}
