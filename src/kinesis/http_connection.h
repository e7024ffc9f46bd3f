// http_connection - a connection to the service: libcurl makes it, what goes over it is ours.
//
// The name, the proxy, and TLS with its certificates are libcurl's business; when it is done it
// hands the connection over (https://curl.se/libcurl/c/CURLOPT_CONNECT_ONLY.html), and takes bytes
// from where they lie.
#ifndef PGK_KINESIS_HTTP_CONNECTION_H
#define PGK_KINESIS_HTTP_CONNECTION_H

#include "base/err.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_connection_state {
    HTTP_CLOSED,
    HTTP_CONNECTING,
    HTTP_OPEN
};

struct http_connection {
    enum http_connection_state state;
    int fd; // While it is open: to be listened to.

    // The pool's.
    void *user; // Whose it is while it is out.
    struct http_connection *next;
    int64_t idle_since_ms;

    // The rest is the connection's.
    CURLM *multi;
    CURL *easy;
    char curl_text[CURL_ERROR_SIZE];
};

struct http_peer {
    const char *url;       // Scheme, host, port.
    const char *ca_bundle; // A file of certificates, NULL for the host's own.
};

// The multi handle drives it while it connects, and outlives it. False when libcurl has no memory.
MUST_CHECK bool http_connection_init(
    struct http_connection *connection, CURLM *multi, const struct http_peer *peer);
void http_connection_release(struct http_connection *connection);

// Begin to connect one that is closed. The multi handle tells when it is over, and how, by an easy
// handle whose CURLINFO_PRIVATE is the connection: that is to be passed on.
void http_connection_start(struct http_connection *connection);

// It is over: the connection is open, or closed with err.
void http_connection_started(struct http_connection *connection, CURLcode code, struct err *err);

// Whatever its state is.
void http_connection_close(struct http_connection *connection);

enum http_moved {
    HTTP_MOVED_SOME,
    HTTP_MOVED_NONE, // Not before the descriptor is ready for it.
    HTTP_MOVED_END,  // The peer sends no more.
    HTTP_MOVED_ERROR // With err: nothing moves any more.
};

// Sends what goes at once. What did not go has to be given again as it was.
enum http_moved http_connection_send(
    struct http_connection *connection, struct str bytes, size_t *sent, struct err *err);

// Until it says that there is none, more may be there of which the descriptor does not know.
enum http_moved http_connection_receive(struct http_connection *connection, char *room,
    size_t room_bytes, size_t *received, struct err *err);

#endif
