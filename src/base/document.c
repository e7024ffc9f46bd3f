#include "base/document.h"

#include "base/cbor_write.h"

enum document_form document_form_of(struct str bytes)
{
    if (bytes.len == 0)
        return DOCUMENT_JSON;
    const uint8_t first = (uint8_t)bytes.ptr[0];
    return first >> 5 == CBOR_MAP || first >> 5 == CBOR_TAG ? DOCUMENT_CBOR : DOCUMENT_JSON;
}

struct document document_over(enum document_form form, char *bytes, size_t len)
{
    struct document document = {.form = form};
    if (form == DOCUMENT_CBOR)
        document.cbor = cbor_reader_over(bytes, len);
    else
        document.json = json_reader_over(bytes, len);
    return document;
}

struct document document_over_either(char *bytes, size_t len)
{
    const struct str read = len > 0 ? (struct str){.ptr = bytes, .len = len} : STR("");
    return document_over(document_form_of(read), bytes, len);
}

enum cbor_kind document_peek(struct document *document)
{
    static const enum cbor_kind kinds[] = {
        [JSON_INVALID] = CBOR_KIND_INVALID,
        [JSON_NULL] = CBOR_KIND_NULL,
        [JSON_FALSE] = CBOR_KIND_FALSE,
        [JSON_TRUE] = CBOR_KIND_TRUE,
        [JSON_NUMBER] = CBOR_KIND_NUMBER,
        [JSON_STRING] = CBOR_KIND_TEXT,
        [JSON_ARRAY] = CBOR_KIND_ARRAY,
        [JSON_OBJECT] = CBOR_KIND_MAP,
    };
    return document->form == DOCUMENT_CBOR ? cbor_peek(&document->cbor)
                                           : kinds[json_peek(&document->json)];
}
