#include "kinesis/http_connection.h"

#include <assert.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_MS = 3000,
    // A name may move to where the service still is; libcurl would look for it after a minute.
    NAME_KEPT_SECONDS = 5
};

bool http_connection_init(
    struct http_connection *connection, CURLM *multi, const struct http_peer *peer)
{
    *connection = (struct http_connection){.fd = -1, .multi = multi, .easy = curl_easy_init()};
    CURL *easy = connection->easy;
    if (!easy)
        return false;
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, connection);
    curl_easy_setopt(easy, CURLOPT_URL, peer->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    // Any proxy is asked for a way through: what goes over it is not libcurl's to address.
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pg_kinesis/" PGK_VERSION); // To the proxy.
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)NAME_KEPT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connection->curl_text);
    if (peer->ca_bundle)
        curl_easy_setopt(easy, CURLOPT_CAINFO, peer->ca_bundle);
    return true;
}

void http_connection_release(struct http_connection *connection)
{
    http_connection_close(connection);
    curl_easy_cleanup(connection->easy);
}

void http_connection_start(struct http_connection *connection)
{
    assert(connection->state == HTTP_CLOSED);
    connection->state = HTTP_CONNECTING;
    connection->curl_text[0] = 0;
    CURLMcode code = curl_multi_add_handle(connection->multi, connection->easy);
    assert(code == CURLM_OK);
    (void)code;
}

// Without what libcurl quotes of a proxy's address, which may hold a password.
static void explain(const struct http_connection *connection, CURLcode code, struct err *err)
{
    const bool is_told = connection->curl_text[0] != 0 && !strchr(connection->curl_text, '@');
    const char *text = is_told ? connection->curl_text : curl_easy_strerror(code);
    err_set(err, ERR_RETRY, "%s", err_quote(str_from_c(text)).text);
}

static void explain_start(const struct http_connection *connection, CURLcode code, struct err *err)
{
    explain(connection, code, err);
    if (code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE) {
        err_hint(err, "check the region, the endpoint URL and the proxy settings");
        return;
    }
    err->kind = ERR_OPERATOR;
    err_hint(err, "name the file of the certificate authority by AWS_CA_BUNDLE");
}

void http_connection_started(struct http_connection *connection, CURLcode code, struct err *err)
{
    assert(connection->state == HTTP_CONNECTING);
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (code == CURLE_OK)
        curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd != CURL_SOCKET_BAD) {
        connection->state = HTTP_OPEN;
        connection->fd = fd;
        return;
    }
    // Until bytes pass over it, it is libcurl's own, which closes it when it looks dead.
    if (code == CURLE_OK)
        err_set(err, ERR_RETRY, "the connection ended as soon as it was made");
    else
        explain_start(connection, code, err);
    http_connection_close(connection);
}

void http_connection_close(struct http_connection *connection)
{
    // A connection that was handed over ends when its handle leaves.
    if (connection->state != HTTP_CLOSED)
        curl_multi_remove_handle(connection->multi, connection->easy);
    connection->state = HTTP_CLOSED;
    connection->fd = -1;
}

static enum http_moved moved_by(
    const struct http_connection *connection, CURLcode code, struct err *err)
{
    if (code == CURLE_OK)
        return HTTP_MOVED_SOME;
    if (code == CURLE_AGAIN)
        return HTTP_MOVED_NONE;
    explain(connection, code, err);
    return HTTP_MOVED_ERROR;
}

enum http_moved http_connection_send(
    struct http_connection *connection, struct str bytes, size_t *sent, struct err *err)
{
    *sent = 0;
    connection->curl_text[0] = 0;
    CURLcode code = curl_easy_send(connection->easy, bytes.ptr, bytes.len, sent);
    return moved_by(connection, code, err);
}

enum http_moved http_connection_receive(struct http_connection *connection, char *room,
    size_t room_bytes, size_t *received, struct err *err)
{
    *received = 0;
    connection->curl_text[0] = 0;
    CURLcode code = curl_easy_recv(connection->easy, room, room_bytes, received);
    const bool has_ended = code == CURLE_OK && *received == 0;
    return has_ended ? HTTP_MOVED_END : moved_by(connection, code, err);
}
