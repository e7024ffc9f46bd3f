#include "postgres/cure.h"

#include "base/str.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

// UTF-8 without control characters, of which some are beyond ASCII.
static bool is_printable(struct str text)
{
    while (text.len > 0) {
        const unsigned char byte = (unsigned char)text.ptr[0];
        size_t len = byte < 0x80 ? 1 : utf8_length(text);
        bool is_control =
            byte < 0x20 || byte == 0x7f || (byte == 0xc2 && (unsigned char)text.ptr[1] < 0xa0);
        if (len == 0 || is_control)
            return false;
        text = str_after(text, len);
    }
    return true;
}

bool cure_add(struct cure *cure, const char *separator, const char *format, ...)
{
    char part[CURE_BYTES_MAX + 1];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(part, sizeof part, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof part || !is_printable(str_from_c(part)))
        return false;

    size_t room = sizeof cure->text - cure->len;
    int added =
        snprintf(cure->text + cure->len, room, "%s%s", cure->len > 0 ? separator : "", part);
    if (added < 0 || (size_t)added >= room) {
        cure->text[cure->len] = 0;
        return false;
    }
    cure->len += (size_t)added;
    return true;
}
