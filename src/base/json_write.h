// json_write - JSON strings as Go's encoding/json writes them: the records' form.
//
// `"` `\` and \n \r \t escaped by a backslash; other control characters, `<` `>` `&`, U+2028 and
// U+2029 as \u00xx and \u2028; all else as it is. Each byte that is not UTF-8 becomes the six
// characters \ufffd. Consumers read of it in docs/records.md.
#ifndef PGK_BASE_JSON_WRITE_H
#define PGK_BASE_JSON_WRITE_H

#include "base/buf.h"
#include "base/sixteen_bytes.h"
#include "base/str.h"

// The text in double quotes. Returns how many bytes were no UTF-8.
size_t json_write_string(struct buf *buf, struct str text);

// The same without the quotes, to build a string of several pieces.
size_t json_write_text(struct buf *buf, struct str text);

// And behind what stands before it, which is JSON already.
static inline size_t json_write_text_behind(struct buf *buf, struct str before, struct str text);

// The rest is for this one, which every value of every row passes. Nearly all of them are plain: no
// byte needs care. So a text is copied at once, and looked at meanwhile.

// Writes any text, piece by piece.
size_t json_write_with_care(struct buf *buf, struct str text);

// The quote and the ampersand differ in a single bit, as do the two brackets; what is beyond ASCII
// is less than a blank, as control characters are.
static inline bool json_are_plain(sixteen_bytes bytes)
{
    return !sixteen_any((bytes < ' ') | (bytes == '\\') | ((bytes | ('"' ^ '&')) == '&') |
                        ((bytes | ('<' ^ '>')) == '>'));
}

static inline bool json_copy_sixteen(char *to, const char *from)
{
    const sixteen_bytes bytes = sixteen_bytes_of(from);
    memcpy(to, &bytes, sizeof bytes);
    return json_are_plain(bytes);
}

// Copies the text; returns how many bytes from the start on are known to be plain.
static inline size_t json_copy_plain(char *to, struct str text)
{
    if (text.len == 0)
        return 0;
    if (text.len < SIXTEEN) {
        sixteen_bytes_copy(to, text);
        return json_are_plain(sixteen_bytes_spread(text)) ? text.len : 0;
    }
    const size_t last = text.len - SIXTEEN; // These may overlap those before them.
    for (size_t at = 0; at < last; at += SIXTEEN)
        if (!json_copy_sixteen(to + at, text.ptr + at))
            return at;
    return json_copy_sixteen(to + last, text.ptr + last) ? text.len : last;
}

static inline size_t json_write_text_behind(struct buf *buf, struct str before, struct str text)
{
    if (!buf_has_room(buf, before.len + text.len)) {
        buf_add(buf, before);
        return json_write_with_care(buf, text);
    }
    char *const to = buf->ptr + buf->len;
    memcpy(to, before.ptr, before.len);
    const size_t plain = json_copy_plain(to + before.len, text);
    buf->len += before.len + plain;
    return plain == text.len ? 0 : json_write_with_care(buf, str_after(text, plain));
}

#endif
