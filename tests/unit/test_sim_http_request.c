#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/random.h"
#include "sim/http_request.h"

#include <stdlib.h>
#include <string.h>

static const char whole[] = "POST /path?a=b HTTP/1.1\r\n"
                            "Host: localhost\r\n"
                            "X-Amz-Target:  Kinesis_20131202.PutRecords \r\n"
                            "content-length: 4\r\n"
                            "\r\n"
                            "body";

// Parses a copy without a byte to spare, so that the sanitizer sees one read too far.
static enum http_progress parse_exactly(struct str text, int *status)
{
    struct http_request request;
    char *copy = malloc(text.len > 0 ? text.len : 1);
    memcpy(copy, text.ptr, text.len);
    enum http_progress progress =
        http_request_parse((struct str){copy, text.len}, &request, status);
    free(copy);
    return progress;
}

static void a_request_is_taken_apart(void **state)
{
    (void)state;
    struct http_request request;
    int status;

    assert_int_equal(http_request_parse(str_from_c(whole), &request, &status), HTTP_READY);

    assert_true(str_equal(request.method, STR("POST")));
    assert_true(str_equal(request.path, STR("/path")));
    assert_true(str_equal(request.query, STR("a=b")));
    assert_true(str_equal(request.body, STR("body")));
    assert_true(request.keep_alive);
    assert_int_equal(request.bytes, sizeof whole - 1);
    const struct str *target = http_header(&request, STR("x-amz-target"));
    assert_true(str_equal(*target, STR("Kinesis_20131202.PutRecords")));
    assert_null(http_header(&request, STR("Expect")));
}

static void every_prefix_wants_more(void **state)
{
    (void)state;
    const size_t head = sizeof whole - 1 - 4;
    int status;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        enum http_progress progress = parse_exactly((struct str){whole, len}, &status);
        assert_int_equal(progress, len < head ? HTTP_HEAD_WANTED : HTTP_BODY_WANTED);
    }
}

static void what_follows_a_request_is_left_alone(void **state)
{
    (void)state;
    struct http_request request;
    int status;
    struct str two = STR("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n");
    assert_int_equal(http_request_parse(two, &request, &status), HTTP_READY);
    assert_int_equal(request.bytes, 18);
    assert_int_equal(request.body.len, 0);
}

static void malformed_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int status;
    } cases[] = {
        {STR_CONST("\r\n\r\n"), 400},
        {STR_CONST("GET\r\n\r\n"), 400},
        {STR_CONST("GET /\r\n\r\n"), 505},
        {STR_CONST("GET / HTTP/2\r\n\r\n"), 505},
        {STR_CONST("GET / HTTP/1.1 \r\n\r\n"), 505},
        {STR_CONST("GET http://x/ HTTP/1.1\r\n\r\n"), 400},
        {STR_CONST("G(T / HTTP/1.1\r\n\r\n"), 400},
        {STR_CONST("GET /\1 HTTP/1.1\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\n: empty\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nspace : x\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\n folded: x\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\nHost: x\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nA: \0\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 400},
        {STR_CONST("GET / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n"), 413},
        {STR_CONST("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 501},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = 0;
        assert_int_equal(parse_exactly(cases[i].text, &status), HTTP_REFUSED);
        assert_int_equal(status, cases[i].status);
    }
}

static void a_head_has_bounds(void **state)
{
    (void)state;
    struct buf text;
    int status = 0;
    buf_init(&text, 2 * HTTP_HEAD_BYTES_MAX);

    buf_add(&text, STR("GET / HTTP/1.1\r\n"));
    for (size_t i = 0; i <= HTTP_HEADERS_MAX; i++)
        buf_add(&text, STR("a: b\r\n"));
    buf_add(&text, STR("\r\n"));
    assert_int_equal(parse_exactly(buf_str(&text), &status), HTTP_REFUSED);
    assert_int_equal(status, 431);

    buf_clear(&text);
    while (text.len < HTTP_HEAD_BYTES_MAX)
        buf_add_byte(&text, 'a');
    assert_int_equal(parse_exactly(buf_str(&text), &status), HTTP_REFUSED);
    assert_int_equal(status, 431);
    buf_release(&text);
}

static void close_and_old_versions_end_the_connection(void **state)
{
    (void)state;
    struct http_request request;
    int status;
    struct str closes = STR("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_int_equal(http_request_parse(closes, &request, &status), HTTP_READY);
    assert_false(request.keep_alive);
    struct str old = STR("GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(http_request_parse(old, &request, &status), HTTP_READY);
    assert_false(request.keep_alive);
}

// Whatever comes of it: the sanitizers watch that nothing else is read.
static void garbage_harms_nobody(void **state)
{
    (void)state;
    struct random random = random_from(1);
    for (int round = 0; round < 20000; round++) {
        char text[sizeof whole];
        memcpy(text, whole, sizeof text);
        for (uint64_t changes = 1 + random_below(&random, 4); changes > 0; changes--)
            text[random_below(&random, sizeof whole - 1)] = (char)random_below(&random, 256);
        int status = 0;
        enum http_progress progress = parse_exactly((struct str){text, sizeof whole - 1}, &status);
        assert_int_equal(progress == HTTP_REFUSED, status != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(every_prefix_wants_more),
        cmocka_unit_test(what_follows_a_request_is_left_alone),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(a_head_has_bounds),
        cmocka_unit_test(close_and_old_versions_end_the_connection),
        cmocka_unit_test(garbage_harms_nobody),
    };
    return cmocka_run_group_tests_name("sim_http_request", tests, NULL, NULL);
}
