// document - what a peer says in JSON or in CBOR, read by one set of verbs.
//
// Which of the two it is, is told once; from then on a reader does not care. The promises are those
// of json_reader.h and cbor_reader.h: one pass, no tree, sticky failure, text spent. The kinds are
// CBOR's; JSON has them all but bytes.
#ifndef PGK_BASE_DOCUMENT_H
#define PGK_BASE_DOCUMENT_H

#include "base/cbor_reader.h"
#include "base/json_reader.h"

enum document_form {
    DOCUMENT_JSON,
    DOCUMENT_CBOR
};

struct document {
    enum document_form form;
    union {
        struct json_reader json;
        struct cbor_reader cbor;
    };
};

// The form of a map, whatever its headers say of it: in CBOR it begins with no byte that a JSON
// text can begin with.
enum document_form document_form_of(struct str bytes);

struct document document_over(enum document_form form, char *bytes, size_t len);

// In the form that the bytes are in.
struct document document_over_either(char *bytes, size_t len);

enum cbor_kind document_peek(struct document *document);

// The rest is here to be compiled into its callers: each is a step to one reader or the other.
static inline void document_enter_map(struct document *document)
{
    if (document->form == DOCUMENT_CBOR)
        cbor_enter_map(&document->cbor);
    else
        json_enter_object(&document->json);
}

static inline bool document_member(struct document *document, struct str *name)
{
    return document->form == DOCUMENT_CBOR ? cbor_member(&document->cbor, name)
                                           : json_member(&document->json, name);
}

static inline void document_enter_array(struct document *document)
{
    if (document->form == DOCUMENT_CBOR)
        cbor_enter_array(&document->cbor);
    else
        json_enter_array(&document->json);
}

static inline bool document_element(struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_element(&document->cbor)
                                           : json_element(&document->json);
}

static inline struct str document_text(struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_text(&document->cbor)
                                           : json_string(&document->json);
}

static inline struct str document_text_or_skip(struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_text_or_skip(&document->cbor)
                                           : json_string_or_skip(&document->json);
}

static inline double document_number(struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_number(&document->cbor)
                                           : json_number(&document->json);
}

static inline void document_skip(struct document *document)
{
    if (document->form == DOCUMENT_CBOR)
        cbor_skip(&document->cbor);
    else
        json_skip(&document->json);
}

// What was not read yet; "" after a failure.
static inline struct str document_rest(const struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_rest(&document->cbor)
                                           : json_rest(&document->json);
}

// Passes the first len bytes of that: the caller knows them to be all of the value that comes next.
static inline void document_pass(struct document *document, size_t len)
{
    if (document->form == DOCUMENT_CBOR)
        cbor_pass(&document->cbor, len);
    else
        json_pass(&document->json, len);
}

static inline bool document_done(struct document *document)
{
    return document->form == DOCUMENT_CBOR ? cbor_done(&document->cbor)
                                           : json_done(&document->json);
}

// For a caller who finds what is well formed but not what it takes.
static inline void document_fail(struct document *document)
{
    if (document->form == DOCUMENT_CBOR)
        cbor_fail(&document->cbor);
    else
        document->json.failed = true;
}

static inline bool document_has_failed(const struct document *document)
{
    return document->form == DOCUMENT_CBOR ? document->cbor.failed : document->json.failed;
}

#endif
