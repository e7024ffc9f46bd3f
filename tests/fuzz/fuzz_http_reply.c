// Replies of a peer that may be anything: in one piece and byte by byte they are read alike.
#include "kinesis/http_reply.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The status and the body are to be believed.
static bool read_reply(struct http_reply *reply, struct str bytes, size_t piece_bytes)
{
    struct err err;
    http_reply_init(reply);
    while (bytes.len > 0) {
        const size_t len = bytes.len < piece_bytes ? bytes.len : piece_bytes;
        if (!http_reply_take(reply, (struct str){.ptr = bytes.ptr, .len = len}, &err))
            return false;
        bytes = str_after(bytes, len);
    }
    return http_reply_end(reply, &err);
}

static bool is_sound(const struct http_reply *reply, size_t bytes)
{
    return reply->status >= 200 && reply->status < 600 && reply->body.len <= bytes;
}

static bool tells_alike(const struct http_reply *a, const struct http_reply *b)
{
    return a->date_us == b->date_us && a->retry_after_ms == b->retry_after_ms &&
           strcmp(a->error_type, b->error_type) == 0 && strcmp(a->request_id, b->request_id) == 0;
}

static bool is_alike(const struct http_reply *a, const struct http_reply *b)
{
    return a->status == b->status && a->ends_connection == b->ends_connection &&
           str_equal(buf_str(&a->body), buf_str(&b->body)) && tells_alike(a, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct str bytes = {.ptr = (const char *)data, .len = size};
    struct http_reply at_once;
    struct http_reply by_byte;
    const bool is_whole = read_reply(&at_once, bytes, size);
    const bool is_whole_by_byte = read_reply(&by_byte, bytes, 1);
    assert(is_whole == is_whole_by_byte);
    assert(!is_whole || is_sound(&at_once, size));
    assert(!is_whole || is_alike(&at_once, &by_byte));
    http_reply_release(&at_once);
    http_reply_release(&by_byte);
    return 0;
}
