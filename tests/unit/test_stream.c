#include "cmocka_prelude.h"

#include "base/cursor.h"
#include "postgres/stream.h"

// A keepalive at 16/1 that does, or does not, ask for a status.
#define KEEPALIVE      STR("k\0\0\0\x16\0\0\0\1\0\0\0\0\0\0\0\0\0")
#define KEEPALIVE_ASKS STR("k\0\0\0\x16\0\0\0\1\0\0\0\0\0\0\0\0\1")

static void receive(struct stream *stream, struct str bytes, struct stream_message *message)
{
    struct err err;
    assert_true(stream_read(stream, bytes, message, &err));
}

static void data_carries_its_position_and_the_plugins_bytes(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_message message;
    stream_init(&stream, 0, 60000, 0);

    receive(&stream, STR("w\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\0BEGIN 5"), &message);

    assert_int_equal(message.kind, STREAM_DATA);
    assert_true(message.data.start == 0x100000002);
    assert_true(message.data.end == 0x100000003);
    assert_true(str_equal(message.data.payload, STR("BEGIN 5")));
    assert_true(stream.received == 0x100000003);
}

static void every_short_message_is_refused(void **state)
{
    (void)state;
    const struct str messages[] = {
        KEEPALIVE, STR("w\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\0")};
    for (size_t i = 0; i < 2; i++)
        for (size_t len = 0; len < messages[i].len; len++) {
            struct stream stream;
            struct stream_message message;
            struct err err;
            stream_init(&stream, 0, 60000, 0);
            assert_false(stream_read(&stream, (struct str){messages[i].ptr, len}, &message, &err));
            assert_int_equal(err.kind, ERR_DATA);
        }
}

static void a_younger_servers_message_is_passed_over(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_message message;
    stream_init(&stream, 0, 60000, 0);
    receive(&stream, STR("s whatever"), &message);
    assert_int_equal(message.kind, STREAM_UNKNOWN);
}

static void a_status_tells_what_was_received_and_what_is_stored(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_message message;
    stream_init(&stream, 0, 60000, 0);
    receive(&stream, KEEPALIVE, &message);

    struct stream_status status = stream_status(&stream, 0x1500000007, 5, 946684800000042);

    struct cursor cursor = cursor_over((struct str){status.bytes, sizeof status.bytes});
    assert_int_equal(cursor_u8(&cursor), 'r');
    assert_true(cursor_u64(&cursor) == 0x1600000001);
    assert_true(cursor_u64(&cursor) == 0x1500000007);
    assert_true(cursor_u64(&cursor) == 0x1500000007);
    assert_int_equal(cursor_u64(&cursor), 42);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_true(cursor_ok(&cursor));
    assert_int_equal(cursor.rest.len, 0);
}

static void a_status_is_due_in_time_for_the_servers_patience(void **state)
{
    (void)state;
    static const struct {
        int64_t timeout_ms;
        int64_t due_ms;
    } cases[] = {{60000, 10000}, {0, 10000}, {3000, 1000}, {30000, 10000}, {29997, 9999}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream stream;
        stream_init(&stream, 0, cases[i].timeout_ms, 500);
        assert_int_equal(stream_status_due_ms(&stream, 0), 500 + cases[i].due_ms);
    }
}

static void a_position_that_moved_is_told_once_a_second(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_message message;
    stream_init(&stream, 0, 60000, 0);
    receive(&stream, KEEPALIVE, &message);

    stream_status(&stream, 7, 1000, 0);
    assert_int_equal(stream_status_due_ms(&stream, 7), 11000);
    assert_int_equal(stream_status_due_ms(&stream, 8), 2000);
}

// What was told last may have gone down with the connection before, and so may this one.
static void where_a_stream_begins_is_told_at_once(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, 7, 60000, 500);
    assert_int_equal(stream_status_due_ms(&stream, 7), 0);
    stream_status(&stream, 7, 500, 0);
    assert_int_equal(stream_status_due_ms(&stream, 7), 10500);
    assert_int_equal(stream_status_due_ms(&stream, 8), 1500);
}

static void a_question_is_answered_at_once_only_with_news(void **state)
{
    (void)state;
    struct stream stream;
    struct stream_message message;
    stream_init(&stream, 0, 60000, 100);
    receive(&stream, KEEPALIVE_ASKS, &message);

    assert_int_equal(stream_status_due_ms(&stream, 0), 1100);
    assert_int_equal(stream_status_due_ms(&stream, 7), 0);
    stream_status(&stream, 7, 200, 0);
    assert_int_equal(stream_status_due_ms(&stream, 7), 10200);
}

static void who_waits_for_a_position_asks_for_it_often(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, 0, 60000, 0);

    stream_ask_often(&stream);

    assert_int_equal(stream_status_due_ms(&stream, 0), 100);
    assert_int_equal(stream_status(&stream, 0, 100, 0).bytes[33], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_carries_its_position_and_the_plugins_bytes),
        cmocka_unit_test(every_short_message_is_refused),
        cmocka_unit_test(a_younger_servers_message_is_passed_over),
        cmocka_unit_test(a_status_tells_what_was_received_and_what_is_stored),
        cmocka_unit_test(a_status_is_due_in_time_for_the_servers_patience),
        cmocka_unit_test(a_position_that_moved_is_told_once_a_second),
        cmocka_unit_test(where_a_stream_begins_is_told_at_once),
        cmocka_unit_test(a_question_is_answered_at_once_only_with_news),
        cmocka_unit_test(who_waits_for_a_position_asks_for_it_often),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
