#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    assert(kind != ERR_NONE);
    err->kind = kind;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    assert(err->kind != ERR_NONE);
    char attempt[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(attempt, sizeof attempt, format, args);
    va_end(args);

    char whole[2 * sizeof err->text + 2];
    snprintf(whole, sizeof whole, "%s: %s", attempt, err->text);
    snprintf(err->text, sizeof err->text, "%.*s", (int)sizeof err->text - 1, whole);
    return false;
}

bool err_hint(struct err *err, const char *format, ...)
{
    assert(err->kind != ERR_NONE);
    size_t len = strlen(err->text);
    size_t added = (size_t)snprintf(err->text + len, sizeof err->text - len, "; hint: ");
    if (len + added >= sizeof err->text)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + len + added, sizeof err->text - len - added, format, args);
    va_end(args);
    return false;
}

struct err_quote err_quote(struct str peer_text)
{
    struct str text = str_trim(peer_text);
    struct err_quote quote = {.text = ""};
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (len + 4 > ERR_QUOTE_BYTES) {
            memcpy(quote.text + len, "...", 4);
            return quote;
        }
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_blank = c == '\n' || c == '\t';
        if (is_blank && len > 0 && quote.text[len - 1] == ' ')
            continue;
        if (is_blank || (c >= 0x20 && c < 0x7f))
            quote.text[len++] = is_blank ? ' ' : (char)c;
        else
            len += (size_t)snprintf(quote.text + len, 5, "\\x%02x", c);
    }
    quote.text[len] = 0;
    return quote;
}
