// http_request - a request of HTTP/1.1 in the bytes a peer has sent so far.
//
// Bounded: the head to HTTP_HEAD_BYTES_MAX with at most HTTP_HEADERS_MAX headers, the body to
// HTTP_BODY_BYTES_MAX. Bodies have a Content-Length; chunks are refused, no AWS client sends them.
//
// Memory: all strings borrow from the bytes parsed.
#ifndef SIM_HTTP_REQUEST_H
#define SIM_HTTP_REQUEST_H

#include "base/str.h"

enum {
    HTTP_HEAD_BYTES_MAX = 16 << 10,
    HTTP_HEADERS_MAX = 64,
    HTTP_BODY_BYTES_MAX = 16 << 20,
};

struct http_header {
    struct str name;  // As it was written.
    struct str value; // Without the blanks around it.
};

struct http_request {
    struct str method;
    struct str path;
    struct str query; // Behind the question mark; empty when there is none.
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t headers_count;
    struct str body;
    size_t bytes; // Of head and body together.
    bool keep_alive;
    bool reused; // Its connection has served another: its reader says so.
};

enum http_progress {
    HTTP_HEAD_WANTED, // Not a whole head yet.
    HTTP_BODY_WANTED, // Everything but body is filled in; bytes says how many there must be.
    HTTP_READY,
    HTTP_REFUSED // *status says how to answer; then close: what follows has no meaning.
};

enum http_progress http_request_parse(struct str bytes, struct http_request *request, int *status);

// The header's value, the first one's if there are several; NULL when there is none. The name in
// any case.
const struct str *http_header(const struct http_request *request, struct str name);

bool http_name_equal(struct str a, struct str b);

// "Bad Request" for 400.
const char *http_reason(int status);

#endif
