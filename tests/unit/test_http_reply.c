#include "cmocka_prelude.h"

#include "kinesis/http_reply.h"

#include <string.h>

static struct http_reply reply;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    http_reply_init(&reply);
    err = (struct err){.kind = ERR_NONE};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_reply_release(&reply);
    return 0;
}

// In pieces of so many bytes.
static bool take(struct str text, size_t piece_bytes)
{
    http_reply_restart(&reply);
    while (text.len > 0) {
        const size_t len = text.len < piece_bytes ? text.len : piece_bytes;
        if (!http_reply_take(&reply, (struct str){.ptr = text.ptr, .len = len}, &err))
            return false;
        text = str_after(text, len);
    }
    return true;
}

static void assert_body(struct str expected)
{
    assert_true(str_equal(buf_str(&reply.body), expected));
}

// However it comes.
static void assert_reads(struct str text, long status, struct str body)
{
    for (size_t piece_bytes = 1; piece_bytes <= text.len; piece_bytes++) {
        assert_true(take(text, piece_bytes));
        assert_true(http_reply_is_whole(&reply));
        assert_int_equal(reply.status, status);
        assert_body(body);
    }
}

static void assert_refused(struct str text, const char *because)
{
    for (size_t piece_bytes = 1; piece_bytes <= text.len; piece_bytes++) {
        assert_false(take(text, piece_bytes));
        assert_int_equal(err.kind, ERR_RETRY);
        assert_non_null(strstr(err.text, because));
    }
}

static void a_body_is_as_long_as_was_told(void **state)
{
    (void)state;
    assert_reads(STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), 200, STR("hello"));
    assert_reads(STR("HTTP/1.1 400\r\ncontent-length:0\r\n\r\n"), 400, STR(""));
    assert_reads(STR("HTTP/1.1 200 OK\nContent-Length: 2 \n\nab"), 200, STR("ab"));
}

static void a_body_may_come_in_chunks(void **state)
{
    (void)state;
    assert_reads(STR("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
                     "3\r\nabc\r\n0B;why=because\r\ndefghijklmn\r\n0\r\n\r\n"),
        200, STR("abcdefghijklmn"));
    assert_reads(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "0\r\nContent-Length: 7\r\n\r\n"),
        200, STR(""));
}

static void a_body_of_no_told_length_ends_with_the_connection(void **state)
{
    (void)state;
    assert_true(take(STR("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>"), 7));
    assert_false(http_reply_is_whole(&reply));
    assert_true(http_reply_end(&reply, &err));
    assert_true(http_reply_is_whole(&reply));
    assert_true(reply.ends_connection);
    assert_body(STR("<html>"));
}

static void a_status_without_content_has_no_body(void **state)
{
    (void)state;
    assert_reads(STR("HTTP/1.1 204 No Content\r\n\r\n"), 204, STR(""));
}

static void interim_replies_are_passed_over(void **state)
{
    (void)state;
    assert_reads(STR("HTTP/1.1 100 Continue\r\nContent-Length: 9\r\nDate: now\r\n\r\n"
                     "HTTP/1.1 103 Early Hints\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        200, STR("x"));
    assert_refused(STR("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "another protocol");
}

static void a_connection_is_kept_unless_the_peer_says_otherwise(void **state)
{
    (void)state;
    const struct {
        struct str head;
        bool ends;
    } cases[] = {
        {STR_CONST("HTTP/1.1 200 OK\r\n"), false},
        {STR_CONST("HTTP/1.1 200 OK\r\nConnection: Close\r\n"), true},
        {STR_CONST("HTTP/1.1 200 OK\r\nConnection: x-odd , close\r\n"), true},
        {STR_CONST("HTTP/1.1 200 OK\r\nConnection: closed\r\n"), false},
        {STR_CONST("HTTP/1.0 200 OK\r\n"), true},
        {STR_CONST("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_reply_restart(&reply);
        assert_true(http_reply_take(&reply, cases[i].head, &err));
        assert_true(http_reply_take(&reply, STR("Content-Length: 0\r\n\r\n"), &err));
        assert_true(http_reply_is_whole(&reply));
        assert_int_equal(reply.ends_connection, cases[i].ends);
    }
}

static void bytes_behind_a_reply_end_its_connection(void **state)
{
    (void)state;
    assert_true(take(STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n"), 99));
    assert_true(http_reply_is_whole(&reply));
    assert_true(reply.ends_connection);
    assert_body(STR("x"));
}

static void what_the_service_tells_in_headers_is_read(void **state)
{
    (void)state;
    assert_reads(STR("HTTP/1.1 400 Bad Request\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
                     "x-amzn-requestid: 7f3a\r\nX-Amzn-ErrorType:  LimitExceededException \r\n"
                     "Retry-After: Sun, 22 Nov 2026 12:00:07 GMT\r\nContent-Length: 0\r\n\r\n"),
        400, STR(""));
    assert_string_equal(reply.request_id, "7f3a");
    assert_string_equal(reply.error_type, "LimitExceededException");
    assert_int_equal(reply.date_us, INT64_C(1795348800) * 1000000);
    assert_int_equal(reply.retry_after_ms, 7000);

    assert_reads(STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), 200, STR(""));
    assert_string_equal(reply.request_id, "");
    assert_string_equal(reply.error_type, "");
    assert_int_equal(reply.date_us, 0);
    assert_int_equal(reply.retry_after_ms, 0);
}

static void what_is_no_http_is_refused(void **state)
{
    (void)state;
    assert_refused(STR("SSH-2.0-OpenSSH_9.2p1\r\n"), "\"SSH-2.0-OpenSSH_9.2p1\"");
    assert_refused(STR("HTTP/2 200\r\n"), "HTTP/2 200");
    assert_refused(STR("HTTP/1.1 20 OK\r\n"), "20 OK");
    assert_refused(STR("HTTP/1.1 2000\r\n"), "2000");
    assert_refused(STR("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n"), "-1");
    assert_refused(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n"), "gzip");
}

static void a_chunk_must_have_a_size_and_an_end(void **state)
{
    (void)state;
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert_refused(STR(CHUNKED "\r\n"), "not answer by HTTP");
    assert_refused(STR(CHUNKED "g\r\n"), "\"g\"");
    assert_refused(STR(CHUNKED "-1\r\n"), "\"-1\"");
    assert_refused(STR(CHUNKED "11111111111111111\r\n"), "\"11111111111111111\"");
    assert_refused(STR(CHUNKED "1\r\nab\r\n"), "\"b\"");
}

static void a_reply_of_two_lengths_is_refused(void **state)
{
    (void)state;
    assert_refused(STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n"), "2");
    assert_refused(
        STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "tells a length, and comes in chunks");
    assert_refused(STR("HTTP/1.1 200 OK\r\nContent-Length : 1\r\n"), "Content-Length :");
    assert_reads(
        STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"), 200, STR("x"));
}

static void a_reply_cut_short_is_none(void **state)
{
    (void)state;
    const struct str text = STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
    assert_false(http_reply_end(&reply, &err));
    assert_non_null(strstr(err.text, "without a reply"));
    for (size_t len = 1; len <= text.len; len++) {
        assert_true(take((struct str){.ptr = text.ptr, .len = len}, len));
        assert_false(http_reply_end(&reply, &err));
        assert_non_null(strstr(err.text, "in the middle"));
    }
    assert_true(take(STR(CHUNKED "2\r\nab\r\n"), 99));
    assert_false(http_reply_end(&reply, &err));
}

// Adds filler until it is refused; the bytes until then.
static size_t fill(struct str filler)
{
    size_t taken = 0;
    while (http_reply_take(&reply, filler, &err) && taken < (size_t)64 << 20)
        taken += filler.len;
    return taken;
}

static void a_reply_is_bounded(void **state)
{
    (void)state;
    assert_true(take(STR("HTTP/1.1 200 OK\r\n"), 99));
    assert_in_range(fill(STR("x-filler: 1234\r\n")), 1, HTTP_HEAD_BYTES_MAX);
    assert_true(take(STR("HTTP/1.1 200 OK\r\nx: "), 99));
    assert_in_range(fill(STR("no end")), 1, HTTP_HEAD_BYTES_MAX);
    assert_true(take(STR("HTTP/1.1 200 OK\r\n\r\n"), 99));
    assert_in_range(fill(STR("body")), HTTP_REPLY_BYTES_MAX, HTTP_REPLY_BYTES_MAX);
    assert_non_null(strstr(err.text, "longer than"));
    assert_true(take(STR(CHUNKED), 99));
    assert_in_range(fill(STR("4\r\nbody\r\n")), HTTP_REPLY_BYTES_MAX, 4 * HTTP_REPLY_BYTES_MAX);
    assert_refused(STR("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), "longer than");
}

// A peer that never comes to its point would have us read for ever.
static void what_stands_around_a_body_is_bounded(void **state)
{
    (void)state;
    assert_true(take(STR("HTTP/1.1 100 Continue\r\n\r\n"), 99));
    assert_in_range(fill(STR("HTTP/1.1 100 Continue\r\n\r\n")), 1, HTTP_WIRE_BYTES_MAX);
    assert_non_null(strstr(err.text, "longer than"));
    char chunk[4000] = "1;";
    memset(chunk + 2, 'x', sizeof chunk - 2);
    memcpy(chunk + sizeof chunk - 5, "\r\nx\r\n", 5);
    assert_true(take(STR(CHUNKED), 99));
    assert_in_range(fill((struct str){.ptr = chunk, .len = sizeof chunk}), 1, HTTP_WIRE_BYTES_MAX);
    assert_non_null(strstr(err.text, "longer than"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_body_is_as_long_as_was_told),
        FACT(a_body_may_come_in_chunks),
        FACT(a_body_of_no_told_length_ends_with_the_connection),
        FACT(a_status_without_content_has_no_body),
        FACT(interim_replies_are_passed_over),
        FACT(a_connection_is_kept_unless_the_peer_says_otherwise),
        FACT(bytes_behind_a_reply_end_its_connection),
        FACT(what_the_service_tells_in_headers_is_read),
        FACT(what_is_no_http_is_refused),
        FACT(a_chunk_must_have_a_size_and_an_end),
        FACT(a_reply_of_two_lengths_is_refused),
        FACT(a_reply_cut_short_is_none),
        FACT(a_reply_is_bounded),
        FACT(what_stands_around_a_body_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
