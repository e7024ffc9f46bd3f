#include "model/lsn.h"

#include "base/buf.h"
#include "base/eight_bytes.h"

#include <endian.h>

static bool hex_u32(struct str digits, uint32_t *number)
{
    if (digits.len == 0 || digits.len > 8)
        return false;
    *number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        uint32_t digit = 0;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
        *number = *number << 4 | digit;
    }
    return true;
}

bool lsn_parse(struct str text, lsn_t *lsn, struct err *err)
{
    struct str low_digits = text;
    struct str high_digits = str_cut(&low_digits, '/');
    uint32_t high = 0;
    uint32_t low = 0;
    if (!hex_u32(high_digits, &high) || !hex_u32(low_digits, &low))
        return err_set(
            err, ERR_DATA, "\"%s\" is no log position, such as 16/B374D848", err_quote(text).text);
    *lsn = (lsn_t)high << 32 | low;
    return true;
}

// All eight digits of the number, the first one in the highest byte. Each half of it goes to the
// half of twice as much, until each four bits have a byte.
static uint64_t hex_digits(uint32_t number)
{
    uint64_t digits = number;
    digits = (digits << 16 | digits) & 0x0000ffff0000ffff;
    digits = (digits << 8 | digits) & 0x00ff00ff00ff00ff;
    digits = (digits << 4 | digits) & EIGHT_TIMES(0x0f);
    const uint64_t letters = (digits + EIGHT_TIMES(16 - 10)) >> 4 & EIGHT_TIMES(1);
    return digits + EIGHT_TIMES('0') + letters * ('A' - '0' - 10);
}

// Writes the number without leading zeros; returns where it ends. There is room for eight digits.
static char *put_hex(char *out, uint32_t number)
{
    const unsigned zeros = (unsigned)__builtin_clz(number | 1) / 4;
    const uint64_t digits = htobe64(hex_digits(number) << 8 * zeros);
    memcpy(out, &digits, sizeof digits);
    return out + (sizeof digits - zeros);
}

void lsn_add(struct buf *buf, lsn_t lsn)
{
    char text[sizeof "FFFFFFFF/FFFFFFFF" - 1];
    char *end = put_hex(text, (uint32_t)(lsn >> 32));
    *end++ = '/';
    end = put_hex(end, (uint32_t)lsn);
    buf_add(buf, (struct str){.ptr = text, .len = (size_t)(end - text)});
}
