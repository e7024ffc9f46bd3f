// What a peer sends as CBOR. Walking a document by the verb for each kind accepts what skipping it
// accepts, and no string lies outside of it.
#include "base/alloc.h"
#include "base/cbor_reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
    const char *begin;
    const char *end;
};

static void assert_within(struct bounds bounds, struct str text)
{
    if (text.len > 0)
        assert(text.ptr >= bounds.begin && text.ptr + text.len <= bounds.end);
}

static void walk(struct cbor_reader *reader, struct bounds bounds)
{
    struct str name;
    assert(reader->depth <= CBOR_DEPTH_MAX);
    switch (cbor_peek(reader)) {
    case CBOR_KIND_INVALID:
        cbor_number(reader);
        assert(reader->failed);
        break;
    case CBOR_KIND_NULL:
        assert_within(bounds, cbor_text_or_skip(reader));
        break;
    case CBOR_KIND_FALSE:
    case CBOR_KIND_TRUE:
        cbor_skip(reader);
        break;
    case CBOR_KIND_NUMBER:
        cbor_number(reader);
        break;
    case CBOR_KIND_TEXT:
        assert_within(bounds, cbor_text(reader));
        break;
    case CBOR_KIND_BYTES:
        assert_within(bounds, cbor_bytes(reader));
        break;
    case CBOR_KIND_ARRAY:
        cbor_enter_array(reader);
        while (cbor_element(reader))
            walk(reader, bounds);
        break;
    case CBOR_KIND_MAP:
        cbor_enter_map(reader);
        while (cbor_member(reader, &name)) {
            assert_within(bounds, name);
            walk(reader, bounds);
        }
        break;
    }
}

// A copy, since the bytes are spent by their reading, and one of exactly their size.
static char *copy_of(const uint8_t *data, size_t size)
{
    char *bytes = alloc_bytes(size);
    memcpy(bytes, data, size);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *bytes = copy_of(data, size);
    struct cbor_reader skipped = cbor_reader_over(bytes, size);
    cbor_skip(&skipped);
    free(bytes);

    bytes = copy_of(data, size);
    struct cbor_reader walked = cbor_reader_over(bytes, size);
    walk(&walked, (struct bounds){bytes, bytes + size});
    assert(cbor_done(&walked) == cbor_done(&skipped));
    free(bytes);
    return 0;
}
