// cbor_of_json - a JSON text's value in CBOR, so that one test can ask in both forms.
//
// Maps and arrays state no length, as in the service's own replies.
#ifndef PGK_TESTS_CBOR_OF_JSON_H
#define PGK_TESTS_CBOR_OF_JSON_H

#include "base/buf.h"
#include "base/cbor_write.h"
#include "base/document.h"

enum {
    CBOR_NULL_BYTE = 0xf6,
    CBOR_DOUBLE_BYTE = 0xfb
};

static inline void write_number_as_cbor(struct buf *cbor, double number)
{
    if (number >= 0 && number <= 1e15 && number == (double)(uint64_t)number) {
        cbor_write_head(cbor, CBOR_UNSIGNED, (uint64_t)number);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    buf_add_byte(cbor, (char)CBOR_DOUBLE_BYTE);
    for (unsigned shift = 64; shift > 0; shift -= 8)
        buf_add_byte(cbor, (char)(bits >> (shift - 8) & 0xff));
}

static inline void write_value_as_cbor(struct buf *cbor, struct json_reader *json)
{
    struct str name;
    switch (json_peek(json)) {
    case JSON_INVALID:
        json_skip(json); // Which fails.
        break;
    case JSON_NULL:
        json_skip(json);
        buf_add_byte(cbor, (char)CBOR_NULL_BYTE);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        cbor_write_bool(cbor, json_bool(json));
        break;
    case JSON_NUMBER:
        write_number_as_cbor(cbor, json_number(json));
        break;
    case JSON_STRING:
        cbor_write_text(cbor, json_string(json));
        break;
    case JSON_ARRAY:
        cbor_write_open(cbor, CBOR_ARRAY);
        json_enter_array(json);
        while (json_element(json))
            write_value_as_cbor(cbor, json);
        cbor_write_end(cbor);
        break;
    case JSON_OBJECT:
        cbor_write_open(cbor, CBOR_MAP);
        json_enter_object(json);
        while (json_member(json, &name)) {
            cbor_write_text(cbor, name);
            write_value_as_cbor(cbor, json);
        }
        cbor_write_end(cbor);
        break;
    }
}

// Adds it to cbor; false when the text is no JSON.
static inline bool cbor_of_json(struct buf *cbor, struct str text)
{
    struct buf copy; // Since a text is spent by its reading.
    buf_init(&copy, text.len);
    buf_add(&copy, text);
    struct json_reader json = json_reader_over(copy.ptr, copy.len);
    write_value_as_cbor(cbor, &json);
    const bool is_json = json_done(&json);
    buf_release(&copy);
    return is_json;
}

// A reply in the form wanted; what is no JSON stays as it is.
static inline struct buf reply_in(enum document_form form, struct str json)
{
    struct buf reply;
    buf_init(&reply, 2 * json.len + 16);
    if (form == DOCUMENT_CBOR && cbor_of_json(&reply, json))
        return reply;
    buf_clear(&reply);
    buf_add(&reply, json);
    return reply;
}

#endif
