#include "base/cbor_reader.h"

#include "base/cbor_write.h"
#include "base/utf8.h"

// Of a map or an array that does not tell: no real one has as many, since an item has a byte.
#define UNTIL_END UINT64_MAX

enum {
    SIMPLE_FALSE = 20,
    SIMPLE_TRUE = 21,
    SIMPLE_NULL = 22,
    SIMPLE_UNDEFINED = 23,
    FLOAT_16 = 25,
    FLOAT_32 = 26,
    FLOAT_64 = 27,
    END = CBOR_SIMPLE << 5 | CBOR_INDEFINITE
};

struct head {
    enum cbor_major major;
    unsigned info; // Its last five bits.
    uint64_t argument;
};

struct cbor_reader cbor_reader_over(char *bytes, size_t len)
{
    return (struct cbor_reader){.at = bytes, .end = bytes + len};
}

// Nothing is left to a reader that has failed: so whoever asks for more sees it by that alone.
void cbor_fail(struct cbor_reader *reader)
{
    reader->failed = true;
    reader->at = reader->end;
    reader->depth = 0;
}

static size_t bytes_left(const struct cbor_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

// The first byte of what comes next; END, which begins nothing, at the end.
static uint8_t next_byte(const struct cbor_reader *reader)
{
    return reader->at == reader->end ? END : (uint8_t)*reader->at;
}

static struct head head_of(uint8_t first)
{
    return (struct head){.major = first >> 5, .info = first & 0x1f, .argument = first & 0x1f};
}

static struct head read_argument(struct cbor_reader *reader, struct head head)
{
    const size_t bytes = (size_t)1 << (head.info - CBOR_ARGUMENT_8);
    if (head.info > CBOR_ARGUMENT_64 || bytes > bytes_left(reader)) {
        cbor_fail(reader);
        return head_of(END);
    }
    head.argument = 0;
    for (size_t i = 0; i < bytes; i++)
        head.argument = head.argument << 8 | (uint8_t)*reader->at++;
    return head;
}

// The head of an END when it fails.
static struct head read_head(struct cbor_reader *reader)
{
    const struct head head = head_of(next_byte(reader));
    if (reader->at == reader->end) {
        cbor_fail(reader);
        return head;
    }
    reader->at++;
    const bool is_whole = head.info < CBOR_ARGUMENT_8 || head.info == CBOR_INDEFINITE;
    return is_whole ? head : read_argument(reader, head);
}

static void pass_tag(struct cbor_reader *reader)
{
    if (read_head(reader).info == CBOR_INDEFINITE)
        cbor_fail(reader);
}

static void pass_tags(struct cbor_reader *reader)
{
    while (next_byte(reader) >> 5 == CBOR_TAG)
        pass_tag(reader);
}

static enum cbor_kind simple_kind(unsigned info)
{
    switch (info) {
    case SIMPLE_FALSE:
        return CBOR_KIND_FALSE;
    case SIMPLE_TRUE:
        return CBOR_KIND_TRUE;
    case SIMPLE_NULL:
    case SIMPLE_UNDEFINED:
        return CBOR_KIND_NULL;
    case FLOAT_16:
    case FLOAT_32:
    case FLOAT_64:
        return CBOR_KIND_NUMBER;
    default:
        return CBOR_KIND_INVALID;
    }
}

enum cbor_kind cbor_peek(struct cbor_reader *reader)
{
    static const enum cbor_kind kinds[] = {
        [CBOR_UNSIGNED] = CBOR_KIND_NUMBER,
        [CBOR_NEGATIVE] = CBOR_KIND_NUMBER,
        [CBOR_BYTES] = CBOR_KIND_BYTES,
        [CBOR_TEXT] = CBOR_KIND_TEXT,
        [CBOR_ARRAY] = CBOR_KIND_ARRAY,
        [CBOR_MAP] = CBOR_KIND_MAP,
        [CBOR_TAG] = CBOR_KIND_INVALID, // All are passed.
    };
    pass_tags(reader);
    const uint8_t first = next_byte(reader);
    return first >> 5 == CBOR_SIMPLE ? simple_kind(first & 0x1f) : kinds[first >> 5];
}

// Each item has a byte, so that a length which cannot be is known before anything is done by it.
static void enter(struct cbor_reader *reader, enum cbor_kind kind)
{
    if (cbor_peek(reader) != kind || reader->depth == CBOR_DEPTH_MAX) {
        cbor_fail(reader);
        return;
    }
    struct head head = read_head(reader);
    const uint64_t most = bytes_left(reader) / (kind == CBOR_KIND_MAP ? 2 : 1);
    if (head.info == CBOR_INDEFINITE)
        head.argument = UNTIL_END;
    else if (head.argument > most)
        cbor_fail(reader);
    if (!reader->failed)
        reader->items_left[reader->depth++] = head.argument;
}

// Steps to the next member or element; false behind the last.
static bool step(struct cbor_reader *reader)
{
    if (reader->depth == 0) {
        cbor_fail(reader);
        return false;
    }
    uint64_t *left = &reader->items_left[reader->depth - 1];
    const bool ends = *left == UNTIL_END && reader->at < reader->end && next_byte(reader) == END;
    if (ends)
        reader->at++;
    if (ends || *left == 0) {
        reader->depth--;
        return false;
    }
    if (*left != UNTIL_END)
        --*left;
    return true;
}

void cbor_enter_map(struct cbor_reader *reader)
{
    enter(reader, CBOR_KIND_MAP);
}

bool cbor_member(struct cbor_reader *reader, struct str *name)
{
    if (!step(reader))
        return false;
    *name = cbor_text(reader);
    return !reader->failed;
}

void cbor_enter_array(struct cbor_reader *reader)
{
    enter(reader, CBOR_KIND_ARRAY);
}

bool cbor_element(struct cbor_reader *reader)
{
    return step(reader);
}

// The bytes behind a head that says how many there are.
static struct str take(struct cbor_reader *reader, struct head head)
{
    if (head.argument > bytes_left(reader)) {
        cbor_fail(reader);
        return STR("");
    }
    struct str bytes = {.ptr = reader->at, .len = (size_t)head.argument};
    reader->at += bytes.len;
    return bytes;
}

// Pieces of the same kind, each with its length, moved together to where the first one begins.
static struct str join_pieces(struct cbor_reader *reader, enum cbor_major major)
{
    char *begin = reader->at;
    size_t len = 0;
    while (next_byte(reader) != END) {
        struct head head = read_head(reader);
        if (head.major != major || head.info == CBOR_INDEFINITE)
            cbor_fail(reader);
        struct str piece = take(reader, head);
        memmove(begin + len, piece.ptr, piece.len);
        len += piece.len;
    }
    if (reader->at == reader->end) {
        cbor_fail(reader);
        return STR("");
    }
    reader->at++;
    return (struct str){.ptr = begin, .len = len};
}

static struct str read_string(struct cbor_reader *reader, enum cbor_major major)
{
    pass_tags(reader);
    const struct head head = read_head(reader);
    if (head.major == major)
        return head.info == CBOR_INDEFINITE ? join_pieces(reader, major) : take(reader, head);
    cbor_fail(reader);
    return STR("");
}

struct str cbor_text(struct cbor_reader *reader)
{
    const struct str text = read_string(reader, CBOR_TEXT);
    if (utf8_is_valid(text))
        return text;
    cbor_fail(reader);
    return STR("");
}

struct str cbor_bytes(struct cbor_reader *reader)
{
    return read_string(reader, CBOR_BYTES);
}

struct str cbor_text_or_skip(struct cbor_reader *reader)
{
    pass_tags(reader);
    if (next_byte(reader) >> 5 == CBOR_TEXT)
        return cbor_text(reader);
    cbor_skip(reader);
    return STR("");
}

static double single_precision(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

// IEEE 754: the exponent grows from five bits to eight, its bias from 15 to 127.
static double half_precision(uint32_t bits)
{
    const uint32_t sign = (bits & 0x8000) << 16;
    const uint32_t exponent = bits >> 10 & 0x1f;
    const uint32_t fraction = bits & 0x3ff;
    if (exponent == 0)
        return (sign ? -1 : 1) * (double)fraction * 0x1p-24;
    const uint32_t wide = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return single_precision(sign | wide << 23 | fraction << 13);
}

static double floating(struct head head)
{
    if (head.info == FLOAT_16)
        return half_precision((uint32_t)head.argument);
    if (head.info == FLOAT_32)
        return single_precision((uint32_t)head.argument);
    double value;
    memcpy(&value, &head.argument, sizeof value);
    return value;
}

double cbor_number(struct cbor_reader *reader)
{
    if (cbor_peek(reader) != CBOR_KIND_NUMBER) {
        cbor_fail(reader);
        return 0;
    }
    struct head head = read_head(reader);
    if (head.info == CBOR_INDEFINITE)
        cbor_fail(reader);
    if (reader->failed)
        return 0;
    if (head.major == CBOR_SIMPLE)
        return floating(head);
    return head.major == CBOR_NEGATIVE ? -1 - (double)head.argument : (double)head.argument;
}

void cbor_skip(struct cbor_reader *reader)
{
    struct str name;
    switch (cbor_peek(reader)) {
    case CBOR_KIND_INVALID:
        cbor_fail(reader);
        break;
    case CBOR_KIND_NULL:
    case CBOR_KIND_FALSE:
    case CBOR_KIND_TRUE:
        reader->at++;
        break;
    case CBOR_KIND_NUMBER:
        cbor_number(reader);
        break;
    case CBOR_KIND_TEXT:
        cbor_text(reader);
        break;
    case CBOR_KIND_BYTES:
        cbor_bytes(reader);
        break;
    case CBOR_KIND_ARRAY:
        cbor_enter_array(reader);
        while (cbor_element(reader))
            cbor_skip(reader);
        break;
    case CBOR_KIND_MAP:
        cbor_enter_map(reader);
        while (cbor_member(reader, &name))
            cbor_skip(reader);
        break;
    }
}

bool cbor_done(const struct cbor_reader *reader)
{
    return !reader->failed && reader->at == reader->end && reader->depth == 0;
}
