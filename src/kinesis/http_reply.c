#include "kinesis/http_reply.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    STATUS_SWITCHING = 101,
    STATUS_NO_CONTENT = 204,
    STATUS_NOT_MODIFIED = 304,
    RETRY_AFTER_MS_MAX = 3600000
};

void http_reply_init(struct http_reply *reply)
{
    *reply = (struct http_reply){.stage = HTTP_STATUS_LINE};
    buf_init(&reply->body, HTTP_REPLY_BYTES_MAX);
    buf_init(&reply->line, HTTP_HEAD_BYTES_MAX);
}

void http_reply_release(struct http_reply *reply)
{
    buf_release(&reply->body);
    buf_release(&reply->line);
}

void http_reply_restart(struct http_reply *reply)
{
    struct buf body = reply->body;
    struct buf line = reply->line;
    *reply = (struct http_reply){.stage = HTTP_STATUS_LINE, .body = body, .line = line};
    buf_clear(&reply->body);
    buf_clear(&reply->line);
}

static bool refuse(struct str line, struct err *err)
{
    return err_set(
        err, ERR_RETRY, "the peer does not answer by HTTP/1.1: \"%s\"", err_quote(line).text);
}

static bool refuse_length(int bytes_max, struct err *err)
{
    return err_set(err, ERR_RETRY, "the reply is longer than %d bytes", bytes_max);
}

static bool name_is(struct str name, struct str known)
{
    return name.len == known.len && strncasecmp(name.ptr, known.ptr, name.len) == 0;
}

// "HTTP/1.1 200 OK", where the words may be missing.
static bool read_status_line(struct http_reply *reply, struct str line, struct err *err)
{
    struct str rest = line;
    const struct str version = str_cut(&rest, ' ');
    uint64_t status;
    const bool is_newer = str_equal(version, STR("HTTP/1.1"));
    if (!is_newer && !str_equal(version, STR("HTTP/1.0")))
        return refuse(line, err);
    if (!str_to_u64(str_cut(&rest, ' '), 100, 599, &status))
        return refuse(line, err);
    reply->status = (long)status;
    reply->ends_connection = !is_newer;
    reply->stage = HTTP_HEADERS;
    return true;
}

static bool read_length(
    struct http_reply *reply, struct str line, struct str value, struct err *err)
{
    uint64_t length;
    if (!str_to_u64(value, 0, UINT64_MAX, &length))
        return refuse(line, err);
    if (reply->has_length && reply->left_bytes != length)
        return refuse(line, err);
    reply->has_length = true;
    reply->left_bytes = length;
    return true;
}

static void read_connection(struct http_reply *reply, struct str value)
{
    while (value.len > 0) {
        const struct str option = str_trim(str_cut(&value, ','));
        if (name_is(option, STR("close")))
            reply->ends_connection = true;
        else if (name_is(option, STR("keep-alive")))
            reply->ends_connection = false;
    }
}

// One too long for its room is none that we know, and is read as none.
static void keep(char *room, size_t bytes, struct str value)
{
    const bool fits = value.len < bytes;
    snprintf(room, bytes, STR_FMT, STR_ARG(fits ? value : STR("")));
}

static bool ends_in_blank(struct str text)
{
    return text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t');
}

static bool read_header(struct http_reply *reply, struct str line, struct err *err)
{
    struct str rest = line;
    const struct str name = str_cut(&rest, ':');
    const struct str value = str_trim(rest);
    // To some readers "Content-Length : 1" tells a length, to others none.
    if (name.len < line.len && ends_in_blank(name))
        return refuse(line, err);
    if (name_is(name, STR("Content-Length")))
        return read_length(reply, line, value, err);
    if (name_is(name, STR("Transfer-Encoding"))) {
        reply->has_chunks = true;
        return name_is(value, STR("chunked")) || refuse(line, err);
    }
    if (name_is(name, STR("Connection")))
        read_connection(reply, value);
    else if (name_is(name, STR("Date")))
        keep(reply->date, sizeof reply->date, value);
    else if (name_is(name, STR("Retry-After")))
        keep(reply->retry_after, sizeof reply->retry_after, value);
    else if (name_is(name, STR("x-amz-retry-after")))
        keep(reply->amz_retry_after, sizeof reply->amz_retry_after, value);
    else if (name_is(name, STR("x-amzn-ErrorType")))
        keep(reply->error_type, sizeof reply->error_type, value);
    else if (name_is(name, STR("x-amzn-RequestId")))
        keep(reply->request_id, sizeof reply->request_id, value);
    return true;
}

// AWS's own header counts milliseconds; the common one seconds, or it names a time
// (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).
static int64_t read_retry_after(const struct http_reply *reply)
{
    uint64_t number;
    if (str_to_u64(str_from_c(reply->amz_retry_after), 0, RETRY_AFTER_MS_MAX, &number))
        return (int64_t)number;
    if (str_to_u64(str_from_c(reply->retry_after), 0, RETRY_AFTER_MS_MAX / 1000, &number))
        return (int64_t)number * 1000;
    const time_t until = curl_getdate(reply->retry_after, NULL);
    const int64_t wait_ms = until > 0 ? (int64_t)until * 1000 - reply->date_us / 1000 : 0;
    const bool is_told = reply->date_us > 0 && wait_ms > 0 && wait_ms < RETRY_AFTER_MS_MAX;
    return is_told ? wait_ms : 0;
}

static enum http_reply_stage stage_after_head(struct http_reply *reply)
{
    if (reply->status == STATUS_NO_CONTENT || reply->status == STATUS_NOT_MODIFIED)
        return HTTP_WHOLE;
    if (reply->has_chunks)
        return HTTP_CHUNK_SIZE;
    if (reply->has_length)
        return reply->left_bytes > 0 ? HTTP_BODY : HTTP_WHOLE;
    reply->ends_connection = true;
    return HTTP_BODY_TO_END;
}

static void pass_over(struct http_reply *reply)
{
    const size_t taken_bytes = reply->taken_bytes;
    http_reply_restart(reply);
    reply->taken_bytes = taken_bytes;
}

static bool end_head(struct http_reply *reply, struct err *err)
{
    if (reply->status == STATUS_SWITCHING)
        return err_set(err, ERR_RETRY, "the peer wants another protocol than HTTP/1.1");
    if (reply->status < 200) {
        pass_over(reply);
        return true;
    }
    // Both is how requests are smuggled past one of two readers.
    if (reply->has_length && reply->has_chunks)
        return err_set(err, ERR_RETRY, "the reply tells a length, and comes in chunks");
    if (reply->left_bytes > HTTP_REPLY_BYTES_MAX)
        return refuse_length(HTTP_REPLY_BYTES_MAX, err);
    const time_t date = curl_getdate(reply->date, NULL);
    reply->date_us = date > 0 ? (int64_t)date * 1000000 : 0;
    reply->retry_after_ms = read_retry_after(reply);
    reply->stage = stage_after_head(reply);
    return true;
}

static bool to_hex_number(struct str text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;
        if (!digit || *number > UINT32_MAX)
            return false;
        *number = *number * 16 + (uint64_t)(digit - digits) % 16;
    }
    return text.len > 0;
}

// "1a2b", and extensions behind a semicolon that nobody has to understand.
static bool read_chunk_size(struct http_reply *reply, struct str line, struct err *err)
{
    struct str rest = line;
    if (!to_hex_number(str_trim(str_cut(&rest, ';')), &reply->left_bytes))
        return refuse(line, err);
    reply->stage = reply->left_bytes > 0 ? HTTP_CHUNK : HTTP_TRAILERS;
    reply->head_bytes = 0;
    return true;
}

static bool read_line(struct http_reply *reply, struct str line, struct err *err)
{
    switch (reply->stage) {
    case HTTP_STATUS_LINE:
        return read_status_line(reply, line, err);
    case HTTP_HEADERS:
        return line.len == 0 ? end_head(reply, err) : read_header(reply, line, err);
    case HTTP_CHUNK_SIZE:
        return read_chunk_size(reply, line, err);
    case HTTP_CHUNK_END:
        reply->stage = HTTP_CHUNK_SIZE;
        return line.len == 0 || refuse(line, err);
    case HTTP_TRAILERS:
        if (line.len == 0)
            reply->stage = HTTP_WHOLE;
        return true;
    default:
        assert(false);
        return false;
    }
}

// Takes a line from the bytes, or what has come of it.
static bool take_line(struct http_reply *reply, struct str *bytes, struct err *err)
{
    const char *end = memchr(bytes->ptr, '\n', bytes->len);
    const size_t len = end ? (size_t)(end - bytes->ptr) + 1 : bytes->len;
    struct str line = {.ptr = bytes->ptr, .len = len};
    *bytes = str_after(*bytes, len);
    reply->head_bytes += len;
    if (reply->head_bytes > HTTP_HEAD_BYTES_MAX)
        return err_set(
            err, ERR_RETRY, "the head of the reply is longer than %d bytes", HTTP_HEAD_BYTES_MAX);
    if (!end || reply->line.len > 0) {
        buf_add(&reply->line, line);
        line = buf_str(&reply->line);
    }
    if (!end)
        return true;
    line.len--;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    const bool ok = read_line(reply, line, err);
    buf_clear(&reply->line);
    return ok;
}

static bool take_body(struct http_reply *reply, struct str *bytes, struct err *err)
{
    struct str piece = *bytes;
    if (reply->stage != HTTP_BODY_TO_END && piece.len > reply->left_bytes)
        piece.len = reply->left_bytes;
    *bytes = str_after(*bytes, piece.len);
    buf_add(&reply->body, piece);
    if (!buf_ok(&reply->body))
        return refuse_length(HTTP_REPLY_BYTES_MAX, err);
    if (reply->stage == HTTP_BODY_TO_END)
        return true;
    reply->left_bytes -= piece.len;
    if (reply->left_bytes == 0)
        reply->stage = reply->stage == HTTP_CHUNK ? HTTP_CHUNK_END : HTTP_WHOLE;
    return true;
}

static bool is_in_body(const struct http_reply *reply)
{
    return reply->stage == HTTP_BODY || reply->stage == HTTP_CHUNK ||
           reply->stage == HTTP_BODY_TO_END;
}

bool http_reply_take(struct http_reply *reply, struct str bytes, struct err *err)
{
    reply->taken_bytes += bytes.len;
    if (reply->taken_bytes > HTTP_WIRE_BYTES_MAX)
        return refuse_length(HTTP_WIRE_BYTES_MAX, err);
    while (bytes.len > 0 && !http_reply_is_whole(reply)) {
        const bool ok =
            is_in_body(reply) ? take_body(reply, &bytes, err) : take_line(reply, &bytes, err);
        if (!ok)
            return false;
    }
    // Nothing was asked that these could answer.
    if (bytes.len > 0)
        reply->ends_connection = true;
    return true;
}

bool http_reply_end(struct http_reply *reply, struct err *err)
{
    if (reply->stage == HTTP_BODY_TO_END)
        reply->stage = HTTP_WHOLE;
    reply->ends_connection = true;
    if (http_reply_is_whole(reply))
        return true;
    if (reply->stage == HTTP_STATUS_LINE && reply->line.len == 0)
        return err_set(err, ERR_RETRY, "the peer closed the connection without a reply");
    return err_set(err, ERR_RETRY, "the peer closed the connection in the middle of its reply");
}
