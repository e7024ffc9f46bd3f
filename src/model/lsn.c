#include "model/lsn.h"

#include "base/buf.h"

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

// Writes the digits backwards, from just before `end`; returns where they begin.
static char *hex_before(char *end, uint32_t number)
{
    do {
        *--end = "0123456789ABCDEF"[number & 15];
        number >>= 4;
    } while (number > 0);
    return end;
}

void lsn_add(struct buf *buf, lsn_t lsn)
{
    char text[sizeof "FFFFFFFF/FFFFFFFF" - 1];
    char *end = text + sizeof text;
    char *start = hex_before(end, (uint32_t)lsn);
    *--start = '/';
    start = hex_before(start, (uint32_t)(lsn >> 32));
    buf_add(buf, (struct str){.ptr = start, .len = (size_t)(end - start)});
}
