#include "postgres/encoding.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASCII_COUNT = 0x80,
    CHARACTER_BYTES_MAX = 4,
    CONVERTED_BYTES_KEPT = 1 << 20, // What one large line needed is given back after it.
    NO_CHARACTER = 0xff
};

// How long a character is that begins with a byte beyond ASCII.
enum width {
    WIDTH_1,
    WIDTH_EUC,   // Two bytes; after 0x8f three.
    WIDTH_EUC_TW // Two bytes; after 0x8e four.
};

// Chosen by comparing every character with what the server's own conversion makes of it: of glibc's
// these agree in all of them, but for two in EUC_JIS_2004 (a1b1 and a1ef).
static const struct {
    const char *server_name;
    const char *iconv_name;
    enum width width;
} encodings[] = {
    {"EUC_CN", "EUC-CN", WIDTH_EUC},
    {"EUC_JIS_2004", "EUC-JISX0213", WIDTH_EUC},
    {"EUC_JP", "EUC-JP-MS", WIDTH_EUC},
    {"EUC_KR", "EUC-KR", WIDTH_EUC},
    {"EUC_TW", "EUC-TW", WIDTH_EUC_TW},
    {"ISO_8859_5", "ISO-8859-5", WIDTH_1},
    {"ISO_8859_6", "ISO-8859-6", WIDTH_1},
    {"ISO_8859_7", "ISO-8859-7", WIDTH_1},
    {"ISO_8859_8", "ISO-8859-8", WIDTH_1},
    {"KOI8R", "KOI8-R", WIDTH_1},
    {"KOI8U", "KOI8-U", WIDTH_1},
    {"LATIN1", "ISO-8859-1", WIDTH_1},
    {"LATIN2", "ISO-8859-2", WIDTH_1},
    {"LATIN3", "ISO-8859-3", WIDTH_1},
    {"LATIN4", "ISO-8859-4", WIDTH_1},
    {"LATIN5", "ISO-8859-9", WIDTH_1},
    {"LATIN6", "ISO-8859-10", WIDTH_1},
    {"LATIN7", "ISO-8859-13", WIDTH_1},
    {"LATIN8", "ISO-8859-14", WIDTH_1},
    {"LATIN9", "ISO-8859-15", WIDTH_1},
    {"LATIN10", "ISO-8859-16", WIDTH_1},
    {"WIN866", "CP866", WIDTH_1},
    {"WIN874", "CP874", WIDTH_1},
    {"WIN1250", "CP1250", WIDTH_1},
    {"WIN1251", "CP1251", WIDTH_1},
    {"WIN1252", "CP1252", WIDTH_1},
    {"WIN1253", "CP1253", WIDTH_1},
    {"WIN1254", "CP1254", WIDTH_1},
    {"WIN1255", "CP1255", WIDTH_1},
    {"WIN1256", "CP1256", WIDTH_1},
    {"WIN1257", "CP1257", WIDTH_1},
    {"WIN1258", "CP1258", WIDTH_1},
};

struct listed {
    uint8_t len;
    char utf8[ENCODING_GROWTH_MAX];
};

struct encoding {
    iconv_t converter; // Of no use unless `converts`.
    bool converts;
    enum width width;
    struct listed beyond_ascii[0x100 - ASCII_COUNT]; // Of WIDTH_1.
    struct buf converted;
};

static bool is_ascii(char byte)
{
    return (uint8_t)byte < ASCII_COUNT;
}

static size_t ascii_length(struct str text)
{
    size_t len = 0;
    while (len < text.len && is_ascii(text.ptr[len]))
        len++;
    return len;
}

static size_t character_length(enum width width, char first)
{
    const uint8_t byte = (uint8_t)first;
    switch (width) {
    case WIDTH_EUC:
        return byte == 0x8f ? 3 : 2;
    case WIDTH_EUC_TW:
        return byte == 0x8e ? 4 : 2;
    case WIDTH_1:
        break;
    }
    return 1;
}

// Adds the character that text begins with, and says how many of its bytes that took. One by one,
// because iconv would compose some that follow one another, which the server does not.
static size_t add_character(struct encoding *encoding, struct str text)
{
    char bytes[CHARACTER_BYTES_MAX];
    char utf8[CHARACTER_BYTES_MAX * ENCODING_GROWTH_MAX];
    // Cut off it is no character, with one exception: iconv takes 0x8e for a control character.
    const size_t whole = character_length(encoding->width, text.ptr[0]);
    const size_t len = whole <= text.len ? whole : text.len;
    size_t in_left = len;
    size_t out_left = sizeof utf8;
    memcpy(bytes, text.ptr, len);
    char *in = bytes;
    char *out = utf8;

    iconv(encoding->converter, NULL, NULL, NULL, NULL);
    bool ok = iconv(encoding->converter, &in, &in_left, &out, &out_left) != (size_t)-1 &&
              iconv(encoding->converter, NULL, NULL, &out, &out_left) != (size_t)-1;
    if (!ok) {
        buf_add_byte(&encoding->converted, (char)NO_CHARACTER);
        return 1;
    }
    buf_add(&encoding->converted, (struct str){.ptr = utf8, .len = sizeof utf8 - out_left});
    return len;
}

// To ask iconv takes some 60 ns longer than to look up what it said, and there are languages that
// are written beyond ASCII.
static void list_characters(struct encoding *encoding)
{
    for (size_t i = 0; i < sizeof encoding->beyond_ascii / sizeof *encoding->beyond_ascii; i++) {
        const char byte = (char)(ASCII_COUNT + i);
        buf_clear(&encoding->converted);
        add_character(encoding, (struct str){.ptr = &byte, .len = 1});
        const struct str utf8 = buf_str(&encoding->converted);
        struct listed *listed = &encoding->beyond_ascii[i];
        assert(utf8.len <= sizeof listed->utf8);
        listed->len = (uint8_t)utf8.len;
        memcpy(listed->utf8, utf8.ptr, utf8.len);
    }
}

static size_t add_listed(struct encoding *encoding, char byte)
{
    const struct listed *listed = &encoding->beyond_ascii[(uint8_t)byte - ASCII_COUNT];
    buf_add(&encoding->converted, (struct str){.ptr = listed->utf8, .len = listed->len});
    return 1;
}

struct encoding *encoding_new(const char *server_encoding)
{
    struct encoding *encoding = alloc_zeroed(1, sizeof *encoding);
    buf_init(
        &encoding->converted, (size_t)INT32_MAX * ENCODING_GROWTH_MAX); // A message is below 2 GiB.
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        if (strcmp(encodings[i].server_name, server_encoding) != 0)
            continue;
        encoding->converter = iconv_open("UTF-8", encodings[i].iconv_name);
        encoding->converts = (intptr_t)encoding->converter != -1;
        encoding->width = encodings[i].width;
        if (encoding->converts && encoding->width == WIDTH_1)
            list_characters(encoding);
    }
    return encoding;
}

void encoding_free(struct encoding *encoding)
{
    if (!encoding)
        return;
    if (encoding->converts)
        iconv_close(encoding->converter);
    buf_release(&encoding->converted);
    free(encoding);
}

bool encoding_is_ours(const char *server_encoding)
{
    struct encoding *encoding = encoding_new(server_encoding);
    bool converts = encoding->converts;
    encoding_free(encoding);
    return converts;
}

struct str encoding_to_utf8(struct encoding *encoding, struct str text)
{
    if (!encoding->converts)
        return text;
    size_t ascii = ascii_length(text);
    if (ascii == text.len)
        return text;

    if (encoding->converted.capacity > CONVERTED_BYTES_KEPT)
        buf_release(&encoding->converted);
    buf_clear(&encoding->converted);
    while (text.len > 0) {
        buf_add(&encoding->converted, (struct str){.ptr = text.ptr, .len = ascii});
        text = str_after(text, ascii);
        if (text.len > 0)
            text = str_after(text, encoding->width == WIDTH_1 ? add_listed(encoding, text.ptr[0])
                                                              : add_character(encoding, text));
        ascii = ascii_length(text);
    }
    assert(buf_ok(&encoding->converted));
    return buf_str(&encoding->converted);
}
