#include "kinesis/http.h"

#include "base/alloc.h"
#include "kinesis/header.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 3000,
    TIMEOUT_MS = 15000,
    BYTES_PER_EXTRA_SECOND = 256 << 10,
    STALLED_SECONDS = 15,
    // Below the half minute after which load balancers begin to close idle connections.
    CONNECTION_IDLE_SECONDS = 25,
    HEADER_LINE_BYTES_MAX = 64 << 10,
    // A name may move to where the service still is; libcurl would look for it after a minute.
    NAME_KEPT_SECONDS = 5,
    // A body larger than a usual request's gives its memory back at once.
    BODY_BYTES_KEPT = 2 << 20,
    // A request for 500 rows of some 400 bytes goes out in one call, and its reply comes in by one:
    // otherwise each turn sends a little of every request, and none of them gets done. Twice as
    // much gained nothing more. libcurl keeps such a buffer for each exchange, so of many each has
    // a smaller one.
    // https://curl.se/libcurl/c/CURLOPT_UPLOAD_BUFFERSIZE.html
    SENT_BYTES_ALL = 8 << 20,
    SENT_BYTES_MIN = 64 << 10,
    SENT_BYTES_MAX = 256 << 10,
    RECEIVED_BYTES_MAX = 64 << 10,
    SLEEP_MS_MAX = 60000,
    RETRY_AFTER_MS_MAX = 3600000
};

struct http {
    CURLM *multi;
    struct http_exchange *exchanges;
    size_t count;
    struct http_exchange *free;      // Linked by next.
    struct http_exchange *done;      // Linked by next, oldest first.
    struct http_exchange **done_end; // Where the next one done is linked.
    size_t fresh_due;                // Requests to be sent on connections of their own.
};

// Called once per sending. The first is the request's own; another one is libcurl's, because the
// connection was dead. https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html
static int forbid_second_sending(
    void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct http_exchange *exchange = user;
    exchange->sendings++;
    return exchange->sendings == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static size_t take_reply_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct buf *body = user;
    buf_add(body, (struct str){.ptr = bytes, .len = size * count});
    return buf_ok(body) ? size * count : 0; // Anything but the length ends the transfer.
}

static long sent_bytes_max(size_t exchanges)
{
    const long share = (long)(SENT_BYTES_ALL / exchanges);
    if (share > SENT_BYTES_MAX)
        return SENT_BYTES_MAX;
    return share < SENT_BYTES_MIN ? SENT_BYTES_MIN : share;
}

static CURL *easy_new(struct http_exchange *exchange, const struct http_options *options)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_URL, options->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, sent_bytes_max(options->exchanges_max));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVED_BYTES_MAX);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pg_kinesis/" PGK_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)NAME_KEPT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, forbid_second_sending);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_reply_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange->reply.body);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_text);
    if (options->ca_bundle)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_bundle);
    return easy;
}

static bool exchanges_init(struct http *http, const struct http_options *options)
{
    http->exchanges = alloc_zeroed(options->exchanges_max, sizeof *http->exchanges);
    for (; http->count < options->exchanges_max; http->count++) {
        struct http_exchange *exchange = &http->exchanges[http->count];
        exchange->easy = easy_new(exchange, options);
        if (!exchange->easy)
            return false;
        exchange->http = http;
        buf_init(&exchange->body, options->body_bytes_max);
        buf_init(&exchange->reply.body, HTTP_REPLY_BYTES_MAX);
        exchange->next = http->free;
        http->free = exchange;
    }
    return true;
}

struct http *http_new(const struct http_options *options, struct err *err)
{
    if (options->ca_bundle && access(options->ca_bundle, R_OK) != 0) {
        err_set(err, ERR_OPERATOR, "cannot read the certificates in %s: %s", options->ca_bundle,
            strerror(errno));
        err_hint(err, "AWS_CA_BUNDLE names that file");
        return NULL;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct http *http = alloc_zeroed(1, sizeof *http);
    http->done_end = &http->done;
    http->multi = curl_multi_init();
    if (!http->multi || !exchanges_init(http, options)) {
        http_free(http);
        err_set(err, ERR_OPERATOR, "libcurl cannot be used");
        return NULL;
    }
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)options->exchanges_max);
    return http;
}

void http_free(struct http *http)
{
    for (size_t i = 0; i < http->count; i++) {
        struct http_exchange *exchange = &http->exchanges[i];
        curl_multi_remove_handle(http->multi, exchange->easy); // Does no harm to one not in it.
        curl_easy_cleanup(exchange->easy);
        curl_slist_free_all(exchange->header_lines);
        buf_release(&exchange->body);
        buf_release(&exchange->reply.body);
    }
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    free(http->exchanges);
    free(http);
}

static void recycle(struct buf *body)
{
    buf_clear(body);
    if (body->capacity > BODY_BYTES_KEPT)
        buf_release(body);
}

struct http_exchange *http_take(struct http *http)
{
    struct http_exchange *exchange = http->free;
    if (exchange)
        http->free = exchange->next;
    return exchange;
}

void http_give_back(struct http *http, struct http_exchange *exchange)
{
    recycle(&exchange->body);
    recycle(&exchange->reply.body);
    exchange->tag = NULL;
    exchange->next = http->free;
    http->free = exchange;
}

static struct curl_slist *add_line(struct curl_slist *lines, const char *line)
{
    struct curl_slist *longer = curl_slist_append(lines, line);
    if (!longer)
        abort(); // Out of memory, as in base/alloc.
    return longer;
}

static struct curl_slist *header_lines(const struct header *headers, size_t count)
{
    // A body above 1 MB would wait for "100 Continue": a round trip for nothing.
    struct curl_slist *lines = add_line(NULL, "Expect:");
    struct buf line;
    buf_init(&line, HEADER_LINE_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&line);
        buf_printf(
            &line, STR_FMT ": " STR_FMT, STR_ARG(headers[i].name), STR_ARG(headers[i].value));
        lines = add_line(lines, buf_c(&line));
    }
    buf_release(&line);
    return lines;
}

static void forget_reply(struct http_exchange *exchange)
{
    exchange->err = (struct err){.kind = ERR_NONE};
    exchange->sendings = 0;
    exchange->curl_text[0] = 0;
    exchange->reply.status = 0;
    exchange->reply.date_us = 0;
    exchange->reply.retry_after_ms = 0;
    exchange->reply.error_type[0] = 0;
    exchange->reply.request_id[0] = 0;
    buf_clear(&exchange->reply.body);
}

void http_send(struct http_exchange *exchange, const struct header *headers, size_t count)
{
    struct http *http = exchange->http;
    forget_reply(exchange);
    curl_slist_free_all(exchange->header_lines);
    exchange->header_lines = header_lines(headers, count);

    struct str body = buf_str(&exchange->body);
    long timeout_ms = TIMEOUT_MS + 1000 * (long)(body.len / BYTES_PER_EXTRA_SECOND);
    bool fresh = http->fresh_due > 0;
    http->fresh_due -= fresh;
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->header_lines);
    curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, body.ptr);
    curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, (long)fresh);
    CURLMcode code = curl_multi_add_handle(http->multi, exchange->easy);
    assert(code == CURLM_OK);
    (void)code;
}

static struct str reply_header(struct http_exchange *exchange, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(exchange->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return STR("");
    return str_from_c(header->value);
}

// AWS's own header counts milliseconds; the common one seconds, or it names a time
// (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).
static int64_t read_retry_after(struct http_exchange *exchange, int64_t date_us)
{
    uint64_t number;
    if (str_to_u64(reply_header(exchange, "x-amz-retry-after"), 0, RETRY_AFTER_MS_MAX, &number))
        return (int64_t)number;
    struct str after = reply_header(exchange, "Retry-After");
    if (str_to_u64(after, 0, RETRY_AFTER_MS_MAX / 1000, &number))
        return (int64_t)number * 1000;
    time_t until = curl_getdate(after.ptr, NULL);
    int64_t wait_ms = until > 0 ? (int64_t)until * 1000 - date_us / 1000 : 0;
    return date_us > 0 && wait_ms > 0 && wait_ms < RETRY_AFTER_MS_MAX ? wait_ms : 0;
}

static void read_headers(struct http_exchange *exchange)
{
    struct http_reply *reply = &exchange->reply;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &reply->status);
    snprintf(reply->error_type, sizeof reply->error_type, STR_FMT,
        STR_ARG(reply_header(exchange, "x-amzn-ErrorType")));
    snprintf(reply->request_id, sizeof reply->request_id, STR_FMT,
        STR_ARG(reply_header(exchange, "x-amzn-RequestId")));
    time_t date = curl_getdate(reply_header(exchange, "Date").ptr, NULL);
    reply->date_us = date > 0 ? (int64_t)date * 1000000 : 0;
    reply->retry_after_ms = read_retry_after(exchange, reply->date_us);
}

static void explain_failure(struct http_exchange *exchange, CURLcode code)
{
    const char *text = exchange->curl_text[0] ? exchange->curl_text : curl_easy_strerror(code);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        err_set(&exchange->err, ERR_RETRY, "the kept connection was closed by the peer");
        break;
    case CURLE_WRITE_ERROR:
        err_set(
            &exchange->err, ERR_RETRY, "the reply is longer than %d bytes", HTTP_REPLY_BYTES_MAX);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        err_set(&exchange->err, ERR_OPERATOR, "%s", err_quote(str_from_c(text)).text);
        err_hint(&exchange->err, "name the file of the certificate authority by AWS_CA_BUNDLE");
        break;
    default:
        err_set(&exchange->err, ERR_RETRY, "%s", err_quote(str_from_c(text)).text);
        if (exchange->sendings == 0)
            err_hint(&exchange->err, "check the region and the endpoint URL");
    }
}

static void finish(struct http *http, struct http_exchange *exchange, CURLcode code)
{
    if (code == CURLE_OK) {
        read_headers(exchange);
    } else {
        explain_failure(exchange, code);
        // Where one kept connection was dead, the next may be too. Where none could be made, those
        // that are kept are all there is.
        bool was_connected = exchange->sendings > 0;
        http->fresh_due += was_connected && http->fresh_due < http->count;
    }
    curl_multi_remove_handle(http->multi, exchange->easy);
    exchange->next = NULL;
    *http->done_end = exchange;
    http->done_end = &exchange->next;
}

static void collect(struct http *http)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result; // Gone when the handle is removed.
        struct http_exchange *exchange;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        finish(http, exchange, code);
    }
}

struct http_exchange *http_next_done(struct http *http)
{
    struct http_exchange *exchange = http->done;
    if (!exchange)
        return NULL;
    http->done = exchange->next;
    if (!http->done)
        http->done_end = &http->done;
    return exchange;
}

void http_wait(struct http *http, struct wait_fd *fds, size_t count, int timeout_ms)
{
    assert(count <= WAIT_FDS_MAX);
    struct curl_waitfd extra[WAIT_FDS_MAX];
    unsigned extra_count = 0;
    for (size_t i = 0; i < count; i++) {
        int events = (fds[i].read ? CURL_WAIT_POLLIN : 0) | (fds[i].write ? CURL_WAIT_POLLOUT : 0);
        if (fds[i].fd >= 0)
            extra[extra_count++] = (struct curl_waitfd){.fd = fds[i].fd, .events = (short)events};
    }
    // Below zero is no timeout to libcurl; an early return is none of ours to avoid.
    if (timeout_ms < 0 || timeout_ms > SLEEP_MS_MAX)
        timeout_ms = SLEEP_MS_MAX;
    curl_multi_poll(http->multi, extra, extra_count, http->done ? 0 : timeout_ms, NULL);

    int running;
    curl_multi_perform(http->multi, &running);
    collect(http);
}

size_t http_memory_bytes(const struct http *http)
{
    size_t bytes = 0;
    for (size_t i = 0; i < http->count; i++)
        if (http->exchanges[i].body.len > 0)
            bytes += http->exchanges[i].body.capacity + http->exchanges[i].reply.body.capacity;
    return bytes;
}
