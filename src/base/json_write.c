#include "base/json_write.h"

#include "base/buf.h"
#include "base/sixteen_bytes.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

enum care {
    CARE_NONE,
    CARE_ESCAPE,
    CARE_WIDE
};

static enum care care_of(uint8_t byte)
{
    static const bool escaped[128] = {
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        ['"'] = true,
        ['\\'] = true,
        ['<'] = true,
        ['>'] = true,
        ['&'] = true,
    };
    if (byte >= 0x80)
        return CARE_WIDE;
    return escaped[byte] ? CARE_ESCAPE : CARE_NONE;
}

static void write_escape(struct buf *buf, uint8_t byte)
{
    switch (byte) {
    case '"':
        buf_add(buf, STR("\\\""));
        break;
    case '\\':
        buf_add(buf, STR("\\\\"));
        break;
    case '\n':
        buf_add(buf, STR("\\n"));
        break;
    case '\r':
        buf_add(buf, STR("\\r"));
        break;
    case '\t':
        buf_add(buf, STR("\\t"));
        break;
    default: {
        static const char hex[] = "0123456789abcdef";
        const char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        buf_add(buf, (struct str){.ptr = escape, .len = sizeof escape});
    }
    }
}

// U+2028 and U+2029 end a line in JavaScript, so Go escapes them.
static bool is_line_separator(struct str text, size_t len)
{
    return len == 3 && memcmp(text.ptr, "\xe2\x80", 2) == 0 && ((uint8_t)text.ptr[2] & ~1) == 0xa8;
}

// What was written of a text: a character, or a byte that begins none.
struct special {
    size_t len;
    size_t invalid;
};

// Writes what text begins with and cannot simply be copied. Not compiled into its caller, whose
// usual text holds nothing of the kind.
__attribute__((noinline)) static struct special write_special(struct buf *buf, struct str text)
{
    uint8_t first = (uint8_t)text.ptr[0];
    if (care_of(first) == CARE_ESCAPE) {
        write_escape(buf, first);
        return (struct special){.len = 1};
    }
    size_t len = utf8_length(text);
    if (len == 0) {
        buf_add(buf, STR("\\ufffd"));
        return (struct special){.len = 1, .invalid = 1};
    }
    if (is_line_separator(text, len))
        buf_add(buf, text.ptr[2] == '\xa8' ? STR("\\u2028") : STR("\\u2029"));
    else
        buf_add(buf, (struct str){.ptr = text.ptr, .len = len});
    return (struct special){.len = len};
}

// How many bytes from the start of text on can simply be copied.
static size_t plain_length(struct str text)
{
    size_t len = 0;
    while (text.len - len >= SIXTEEN && json_are_plain(sixteen_bytes_of(text.ptr + len)))
        len += SIXTEEN;
    while (len < text.len && care_of((uint8_t)text.ptr[len]) == CARE_NONE)
        len++;
    return len;
}

size_t json_write_with_care(struct buf *buf, struct str text)
{
    size_t invalid = 0;
    for (;;) {
        const size_t plain = plain_length(text);
        buf_add(buf, (struct str){.ptr = text.ptr, .len = plain});
        if (plain == text.len)
            return invalid;
        text = str_after(text, plain);
        const struct special special = write_special(buf, text);
        text = str_after(text, special.len);
        invalid += special.invalid;
    }
}

size_t json_write_text(struct buf *buf, struct str text)
{
    return json_write_text_behind(buf, STR(""), text);
}

size_t json_write_string(struct buf *buf, struct str text)
{
    buf_add_byte(buf, '"');
    size_t invalid = json_write_text(buf, text);
    buf_add_byte(buf, '"');
    return invalid;
}
