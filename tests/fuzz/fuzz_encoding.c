// The first byte chooses the encoding; the rest is the text.
#include "base/utf8.h"
#include "postgres/encoding.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"EUC_CN", "EUC_JIS_2004", "EUC_JP", "EUC_KR", "EUC_TW",
    "LATIN1", "WIN1255", "WIN1258", "WIN874"};

// What comes out is UTF-8 but for the bytes that stand for no character.
static void expect_utf8(struct str text)
{
    while (text.len > 0) {
        const uint8_t first = (uint8_t)text.ptr[0];
        size_t len = first < 0x80 || first == 0xff ? 1 : utf8_length(text);
        if (len == 0)
            abort();
        text = str_after(text, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct encoding *encoding = encoding_new(names[data[0] % (sizeof names / sizeof *names)]);
    struct str text = {.ptr = (const char *)data + 1, .len = size - 1};
    expect_utf8(encoding_to_utf8(encoding, text));
    encoding_free(encoding);
    return 0;
}
