#include "sim/http_request.h"

#include <string.h>
#include <strings.h>

bool http_name_equal(struct str a, struct str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

const struct str *http_header(const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < request->headers_count; i++)
        if (http_name_equal(request->headers[i].name, name))
            return &request->headers[i].value;
    return NULL;
}

// RFC 9110, section 5.6.2.
static bool is_token(struct str text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(allowed, text.ptr[i], sizeof allowed - 1))
            return false;
    return text.len > 0;
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((uint8_t)text.ptr[i] < 0x20 && text.ptr[i] != '\t') || text.ptr[i] == 0x7f)
            return true;
    return false;
}

// Returns the status to refuse with, 0 when the line is good.
static int parse_request_line(struct str line, struct http_request *request)
{
    request->method = str_cut(&line, ' ');
    struct str target = str_cut(&line, ' ');
    if (!is_token(request->method) || target.len == 0 || target.ptr[0] != '/' ||
        has_control(target))
        return 400;
    request->path = str_cut(&target, '?');
    request->query = target;
    if (str_equal(line, STR("HTTP/1.1")))
        request->keep_alive = true;
    else if (!str_equal(line, STR("HTTP/1.0")))
        return 505;
    return 0;
}

static int parse_header(struct str line, struct http_request *request)
{
    if (request->headers_count == HTTP_HEADERS_MAX)
        return 431;
    const char *colon = memchr(line.ptr, ':', line.len);
    if (!colon)
        return 400;
    struct http_header *header = &request->headers[request->headers_count++];
    header->name = str_cut(&line, ':');
    header->value = str_trim(line);
    return is_token(header->name) && !has_control(header->value) ? 0 : 400;
}

// Two lengths, or a length and chunks, are how requests are smuggled: refused.
static int parse_framing(struct http_request *request, size_t *content_length)
{
    bool seen = false;
    uint64_t length = 0;
    for (size_t i = 0; i < request->headers_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (http_name_equal(header->name, STR("Transfer-Encoding")))
            return 501;
        if (http_name_equal(header->name, STR("Connection")) &&
            http_name_equal(header->value, STR("close")))
            request->keep_alive = false;
        if (!http_name_equal(header->name, STR("Content-Length")))
            continue;
        if (seen || !str_to_u64(header->value, 0, UINT64_MAX, &length))
            return 400;
        seen = true;
    }
    *content_length = (size_t)length;
    return length > HTTP_BODY_BYTES_MAX ? 413 : 0;
}

static int parse_head(struct str head, struct http_request *request, size_t *content_length)
{
    bool is_first = true;
    while (head.len > 0) {
        struct str line = str_cut(&head, '\n');
        if (line.len == 0 || line.ptr[line.len - 1] != '\r')
            return 400;
        line.len--;
        int status = is_first ? parse_request_line(line, request) : parse_header(line, request);
        if (status != 0)
            return status;
        is_first = false;
    }
    return parse_framing(request, content_length);
}

enum http_progress http_request_parse(struct str bytes, struct http_request *request, int *status)
{
    static const char blank_line[] = "\r\n\r\n";
    const size_t searched = bytes.len < HTTP_HEAD_BYTES_MAX ? bytes.len : HTTP_HEAD_BYTES_MAX;
    const char *end = memmem(bytes.ptr, searched, blank_line, sizeof blank_line - 1);
    if (!end && searched < HTTP_HEAD_BYTES_MAX)
        return HTTP_HEAD_WANTED;
    if (!end) {
        *status = 431;
        return HTTP_REFUSED;
    }
    const size_t head_bytes = (size_t)(end - bytes.ptr) + sizeof blank_line - 1;
    size_t content_length = 0;
    request->headers_count = 0;
    request->keep_alive = false;
    request->reused = false;
    *status =
        parse_head((struct str){.ptr = bytes.ptr, .len = head_bytes - 2}, request, &content_length);
    if (*status != 0)
        return HTTP_REFUSED;

    request->bytes = head_bytes + content_length;
    if (bytes.len < request->bytes)
        return HTTP_BODY_WANTED;
    request->body = (struct str){.ptr = bytes.ptr + head_bytes, .len = content_length};
    return HTTP_READY;
}

const char *http_reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Unknown";
    }
}
