// http_reply - a reply of HTTP/1.1, read in whatever pieces it comes.
//
// https://www.rfc-editor.org/rfc/rfc9112. Its body ends by Content-Length, by its last chunk, or
// with the connection; interim replies (1xx) are passed over. What could be read in two ways is
// refused, and so is a head above HTTP_HEAD_BYTES_MAX, a body above HTTP_REPLY_BYTES_MAX, and more
// than HTTP_WIRE_BYTES_MAX of everything, interim replies included: none goes on for ever.
//
// Pure: no socket, no clock. Memory: a reply owns its body.
#ifndef PGK_KINESIS_HTTP_REPLY_H
#define PGK_KINESIS_HTTP_REPLY_H

#include "base/buf.h"
#include "base/err.h"

enum {
    HTTP_HEAD_BYTES_MAX = 16 << 10,
    HTTP_REPLY_BYTES_MAX = 1 << 20,
    HTTP_WIRE_BYTES_MAX = 8 << 20 // The largest body in chunks of a byte, which take six, fits.
};

enum http_reply_stage {
    HTTP_STATUS_LINE,
    HTTP_HEADERS,
    HTTP_BODY, // As long as was said.
    HTTP_BODY_TO_END,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_WHOLE
};

struct http_reply {
    long status;
    struct buf body;
    int64_t date_us;        // The peer's wall time, 0 when it tells none.
    int64_t retry_after_ms; // Retry-After or x-amz-retry-after: 0 when there is neither.
    char error_type[256];   // x-amzn-ErrorType
    char request_id[64];    // x-amzn-RequestId
    bool ends_connection;   // No other reply can follow it.

    // The rest is the reader's.
    enum http_reply_stage stage;
    struct buf line;      // The beginning of one whose end has not come.
    size_t taken_bytes;   // Of everything that came.
    size_t head_bytes;    // Since the head, or what stands between two chunks, began.
    uint64_t left_bytes;  // Of the body, or of a chunk.
    bool has_length;      // Content-Length was told: left_bytes.
    bool has_chunks;      // Transfer-Encoding was told.
    char date[64];        // As told; dates are read when all of the head is there.
    char retry_after[64]; // Seconds or a date.
    char amz_retry_after[64];
};

void http_reply_init(struct http_reply *reply);
void http_reply_release(struct http_reply *reply);

// Forget everything, and begin with the next bytes. Memory is kept.
void http_reply_restart(struct http_reply *reply);

// The next bytes; see then whether it is whole. False when they are none of a reply's: nothing of
// it is to be believed.
MUST_CHECK bool http_reply_take(struct http_reply *reply, struct str bytes, struct err *err);

// The peer sends no more. False when something is missing.
MUST_CHECK bool http_reply_end(struct http_reply *reply, struct err *err);

static inline bool http_reply_is_whole(const struct http_reply *reply)
{
    return reply->stage == HTTP_WHOLE;
}

#endif
