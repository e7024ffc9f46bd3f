#include "sim/blob.h"

#include <string.h>

enum {
    NOT_A_DIGIT = 0x80,
};

// Each byte's six bits, or NOT_A_DIGIT. Filled in once: every byte of every record is looked up.
static const uint8_t *digit_values(void)
{
    static uint8_t values[256];
    static bool filled;
    if (!filled) {
        static const char digits[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        memset(values, NOT_A_DIGIT, sizeof values);
        for (size_t i = 0; i < sizeof digits - 1; i++)
            values[(uint8_t)digits[i]] = (uint8_t)i;
        filled = true;
    }
    return values;
}

bool blob_measure(struct str text, size_t *bytes)
{
    if (text.len % 4 != 0)
        return false;
    const uint8_t *values = digit_values();
    const uint8_t *digits = (const uint8_t *)text.ptr;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && digits[text.len - 1 - padding] == '=')
        padding++;

    // No branch for each byte: whether any was wrong is asked once, at the end.
    const size_t count = text.len - padding;
    uint8_t seen = 0;
    for (size_t i = 0; i < count; i++)
        seen |= values[digits[i]];
    if (seen & NOT_A_DIGIT)
        return false;

    const uint8_t dropped_bits = padding == 0 ? 0 : padding == 1 ? 0x03 : 0x0f;
    if (padding > 0 && (values[digits[count - 1]] & dropped_bits) != 0)
        return false;
    *bytes = text.len / 4 * 3 - padding;
    return true;
}
