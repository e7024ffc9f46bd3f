// http - POST requests to one address, several at a time, each sent once.
//
// libcurl's multi interface with HTTP/1.1 kept alive. It sends a POST again by itself when a kept
// connection turns out dead; here the second sending is forbidden and the request fails instead, so
// that whoever signed it decides, and a record stored twice is known as possible.
//
// Memory: an http owns its exchanges; between http_take() and http_give_back() one is the caller's.
#ifndef PGK_KINESIS_HTTP_H
#define PGK_KINESIS_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/wait.h"

#include <curl/curl.h>

struct header;
struct http;

enum {
    HTTP_REPLY_BYTES_MAX = 1 << 20
};

struct http_reply {
    long status;
    struct buf body;
    int64_t date_us;        // The peer's wall time, 0 when it tells none.
    int64_t retry_after_ms; // Retry-After or x-amz-retry-after: 0 when there is neither.
    char error_type[256];   // x-amzn-ErrorType
    char request_id[64];    // x-amzn-RequestId
};

// A request and its reply.
struct http_exchange {
    struct buf body; // Of the request: written by the caller, left alone until it is done.
    void *tag;       // The caller's own,
    unsigned epoch;  // and this.

    struct err err;          // Why there is no reply; ERR_NONE when there is one.
    unsigned sendings;       // 0: nothing of it can have reached the peer.
    struct http_reply reply; // Valid while err is ERR_NONE, until it is given back.

    // The rest is http's.
    struct http *http;
    struct http_exchange *next;
    CURL *easy;
    struct curl_slist *header_lines;
    char curl_text[CURL_ERROR_SIZE];
};

struct http_options {
    const char *url;
    const char *ca_bundle; // A file of certificates, NULL for the host's own.
    size_t exchanges_max;
    size_t body_bytes_max; // Of a request.
};

struct http *http_new(const struct http_options *options, struct err *err);

// Whatever is under way is cut off.
void http_free(struct http *http);

// A free exchange with an empty body, NULL when all are out.
struct http_exchange *http_take(struct http *http);
void http_give_back(struct http *http, struct http_exchange *exchange);

// Starts it; the headers are copied. It comes back by http_next_done().
void http_send(struct http_exchange *exchange, const struct header *headers, size_t count);
struct http_exchange *http_next_done(struct http *http);

// Sleeps until a transfer moves, one of fds is ready or the time is over (-1: no end), then moves
// what can be moved.
void http_wait(struct http *http, struct wait_fd *fds, size_t count, int timeout_ms);

// What the bodies of requests and replies take while their exchanges are out. What is kept besides,
// to be used again, is bounded by the number of exchanges.
size_t http_memory_bytes(const struct http *http);

#endif
