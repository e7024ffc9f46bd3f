#include "base/json_reader.h"

#include "base/sixteen_bytes.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_BYTES_MAX = 64,
};

struct json_reader json_reader_over(char *text, size_t len)
{
    return (struct json_reader){.at = text, .end = text + len};
}

static void fail(struct json_reader *reader)
{
    reader->failed = true;
}

static void skip_blanks(struct json_reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                           *reader->at == '\r' || *reader->at == '\t'))
        reader->at++;
}

// The next character that is no blank; 0, which begins nothing, at the end and after a failure.
static char next_char(struct json_reader *reader)
{
    if (reader->failed)
        return 0;
    skip_blanks(reader);
    return reader->at < reader->end ? *reader->at : 0;
}

static bool take_char(struct json_reader *reader, char wanted)
{
    if (next_char(reader) != wanted)
        return false;
    reader->at++;
    return true;
}

static void expect_char(struct json_reader *reader, char wanted)
{
    if (!take_char(reader, wanted))
        fail(reader);
}

static void expect_word(struct json_reader *reader, struct str word)
{
    skip_blanks(reader);
    struct str rest = {.ptr = reader->at, .len = (size_t)(reader->end - reader->at)};
    if (!reader->failed && str_starts_with(rest, word))
        reader->at += word.len;
    else
        fail(reader);
}

enum json_kind json_peek(struct json_reader *reader)
{
    char next = next_char(reader);
    switch (next) {
    case 'n':
        return JSON_NULL;
    case 'f':
        return JSON_FALSE;
    case 't':
        return JSON_TRUE;
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    default:
        return next == '-' || (next >= '0' && next <= '9') ? JSON_NUMBER : JSON_INVALID;
    }
}

static void enter(struct json_reader *reader, char bracket)
{
    expect_char(reader, bracket);
    if (++reader->depth > JSON_DEPTH_MAX)
        fail(reader);
    reader->first = true;
}

// Steps to the next item of an object or array, over its comma; false at the closing bracket.
static bool step(struct json_reader *reader, char bracket)
{
    const char next = next_char(reader);
    const bool needs_comma = !reader->first;
    reader->first = false;
    if (next == bracket) {
        reader->at++;
        reader->depth--;
        return false;
    }
    if (next == ',' && needs_comma)
        reader->at++;
    else if (needs_comma)
        fail(reader);
    return !reader->failed;
}

void json_enter_object(struct json_reader *reader)
{
    enter(reader, '{');
}

bool json_member(struct json_reader *reader, struct str *name)
{
    if (!step(reader, '}'))
        return false;
    *name = json_string(reader);
    expect_char(reader, ':');
    return !reader->failed;
}

void json_enter_array(struct json_reader *reader)
{
    enter(reader, '[');
}

bool json_element(struct json_reader *reader)
{
    return step(reader, ']');
}

// What is beyond ASCII is below 0.
static inline sixteen_bytes are_special(sixteen_bytes bytes)
{
    return (bytes < ' ') | (bytes == '\\');
}

// The value of four hexadecimal digits, -1 when they are none.
static int32_t hex4(const char *digits, const char *end)
{
    if (end - digits < 4)
        return -1;
    int32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        static const char known[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = digits[i] ? strchr(known, digits[i]) : NULL;
        if (!found)
            return -1;
        value = value << 4 | (int32_t)((found - known) & 15);
    }
    return value;
}

static char *write_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

// Reads the digits after \u, those of a second half after a first one too; writes the character
// over what is read, which is never shorter. A lone half is no character.
static char *unescape_unicode(struct json_reader *reader, char *out)
{
    int32_t code = hex4(reader->at, reader->end);
    reader->at += code < 0 ? 0 : 4;
    if (code >= 0xd800 && code < 0xdc00) {
        bool paired = reader->end - reader->at >= 2 && memcmp(reader->at, "\\u", 2) == 0;
        int32_t low = paired ? hex4(reader->at + 2, reader->end) : -1;
        if (low >= 0xdc00 && low < 0xe000) {
            reader->at += 6;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else {
            code = -1;
        }
    } else if (code >= 0xdc00 && code < 0xe000) {
        code = -1;
    }
    if (code < 0) {
        fail(reader);
        return out;
    }
    return write_utf8(out, (uint32_t)code);
}

static char *unescape(struct json_reader *reader, char *out)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    reader->at++;
    char escape = reader->at < reader->end ? *reader->at++ : 0;
    if (escape == 'u')
        return unescape_unicode(reader, out);
    const char *found = escape ? strchr(escapes, escape) : NULL;
    if (!found) {
        fail(reader);
        return out;
    }
    *out++ = meanings[found - escapes];
    return out;
}

// A string with something other than plain ASCII in it; reader->at is behind its opening quote.
static struct str special_string(struct json_reader *reader)
{
    char *begin = reader->at;
    char *out = begin;
    while (!reader->failed && reader->at < reader->end && *reader->at != '"') {
        struct str rest = {.ptr = reader->at, .len = (size_t)(reader->end - reader->at)};
        if (*reader->at == '\\') {
            out = unescape(reader, out);
            continue;
        }
        size_t len = utf8_length(rest);
        if (len == 0 || (uint8_t)*reader->at < 0x20) {
            fail(reader);
            break;
        }
        memmove(out, reader->at, len);
        out += len;
        reader->at += len;
    }
    expect_char(reader, '"');
    return reader->failed ? STR("") : (struct str){.ptr = begin, .len = (size_t)(out - begin)};
}

struct str json_string(struct json_reader *reader)
{
    expect_char(reader, '"');
    if (reader->failed)
        return STR("");
    char *begin = reader->at;
    char *quote = memchr(begin, '"', (size_t)(reader->end - begin));
    if (!quote) {
        fail(reader);
        return STR("");
    }
    const struct str text = {.ptr = begin, .len = (size_t)(quote - begin)};
    if (sixteen_any_in(text, are_special))
        return special_string(reader);
    reader->at = quote + 1;
    return text;
}

struct str json_string_or_skip(struct json_reader *reader)
{
    if (json_peek(reader) == JSON_STRING)
        return json_string(reader);
    json_skip(reader);
    return STR("");
}

static size_t count_digits(struct str text)
{
    size_t count = 0;
    while (count < text.len && text.ptr[count] >= '0' && text.ptr[count] <= '9')
        count++;
    return count;
}

// Takes -? digits (. digits)? ([eE] [+-]? digits)?, RFC 8259's number; 0 when text begins with
// none.
static size_t number_length(struct str text)
{
    struct str rest = text;
    if (rest.len > 0 && rest.ptr[0] == '-')
        rest = str_after(rest, 1);
    size_t digits = count_digits(rest);
    if (digits == 0 || (digits > 1 && rest.ptr[0] == '0'))
        return 0;
    rest = str_after(rest, digits);
    if (rest.len > 0 && rest.ptr[0] == '.') {
        digits = count_digits(str_after(rest, 1));
        if (digits == 0)
            return 0;
        rest = str_after(rest, 1 + digits);
    }
    if (rest.len > 0 && (rest.ptr[0] == 'e' || rest.ptr[0] == 'E')) {
        size_t sign = rest.len > 1 && (rest.ptr[1] == '+' || rest.ptr[1] == '-');
        digits = count_digits(str_after(rest, 1 + sign));
        if (digits == 0)
            return 0;
        rest = str_after(rest, 1 + sign + digits);
    }
    return text.len - rest.len;
}

double json_number(struct json_reader *reader)
{
    if (json_peek(reader) != JSON_NUMBER) {
        fail(reader);
        return 0;
    }
    struct str rest = {.ptr = reader->at, .len = (size_t)(reader->end - reader->at)};
    if (rest.len > NUMBER_BYTES_MAX)
        rest.len = NUMBER_BYTES_MAX;
    size_t len = number_length(rest);
    if (len == 0 || len == NUMBER_BYTES_MAX) {
        fail(reader);
        return 0;
    }
    char copy[NUMBER_BYTES_MAX];
    memcpy(copy, rest.ptr, len);
    copy[len] = 0;
    reader->at += len;
    return strtod(copy, NULL);
}

bool json_bool(struct json_reader *reader)
{
    bool truth = json_peek(reader) == JSON_TRUE;
    expect_word(reader, truth ? STR("true") : STR("false"));
    return truth && !reader->failed;
}

void json_skip(struct json_reader *reader)
{
    struct str name;
    switch (json_peek(reader)) {
    case JSON_INVALID:
        fail(reader);
        break;
    case JSON_NULL:
        expect_word(reader, STR("null"));
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_bool(reader);
        break;
    case JSON_NUMBER:
        json_number(reader);
        break;
    case JSON_STRING:
        json_string(reader);
        break;
    case JSON_ARRAY:
        json_enter_array(reader);
        while (json_element(reader))
            json_skip(reader);
        break;
    case JSON_OBJECT:
        json_enter_object(reader);
        while (json_member(reader, &name))
            json_skip(reader);
        break;
    }
}

bool json_done(struct json_reader *reader)
{
    skip_blanks(reader);
    return !reader->failed && reader->at == reader->end;
}
