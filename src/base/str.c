#include "base/str.h"

struct str str_from_c(const char *text)
{
    return text ? (struct str){.ptr = text, .len = strlen(text)} : STR("");
}

int str_compare(struct str a, struct str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = str_after(text, 1);
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

struct str str_cut(struct str *rest, char separator)
{
    const char *found = memchr(rest->ptr, separator, rest->len);
    struct str piece = *rest;
    if (!found) {
        *rest = str_after(*rest, rest->len);
        return piece;
    }
    piece.len = (size_t)(found - rest->ptr);
    *rest = str_after(*rest, piece.len + 1);
    return piece;
}

uint64_t str_hash(struct str text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.ptr[i]) * 0x100000001b3;
    return hash;
}

bool str_to_u64(struct str text, uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(uint8_t)text.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (text.len == 0 || value < min || value > max)
        return false;
    *number = value;
    return true;
}
