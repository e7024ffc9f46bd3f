#include "cmocka_prelude.h"

#include "kinesis/stream_name.h"

#include <string.h>

static void a_name_is_a_stream(void **state)
{
    (void)state;
    struct stream_name stream;
    struct err err;
    assert_true(stream_name_parse(STR("Example_stream.1-b"), &stream, &err));
    assert_false(stream.is_arn);
    assert_true(str_equal(stream.name, STR("Example_stream.1-b")));
    assert_int_equal(stream.region.len, 0);
}

static void an_arn_tells_name_and_region(void **state)
{
    (void)state;
    struct str arn = STR("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/example");
    struct stream_name stream;
    struct err err;
    assert_true(stream_name_parse(arn, &stream, &err));
    assert_true(stream.is_arn);
    assert_true(str_equal(stream.text, arn));
    assert_true(str_equal(stream.name, STR("example")));
    assert_true(str_equal(stream.region, STR("cn-north-1")));
}

static void what_the_service_would_refuse_is_refused(void **state)
{
    (void)state;
    static char long_name[129];
    memset(long_name, 'n', sizeof long_name);
    const struct str cases[] = {
        STR(""),
        STR("a b"),
        STR("a/b"),
        STR("a\"b"),
        STR("a\0b"),
        STR("caf\xc3\xa9"),
        {.ptr = long_name, .len = sizeof long_name},
        STR("arn:aws:kinesis:us-east-1:123456789012:stream/"),
        STR("arn:aws:kinesis:us-east-1:123456789012:stream"),
        STR("arn:aws:kinesis:us-east-1:12345678901:stream/s"),
        STR("arn:aws:kinesis:us-east-1:12345678901x:stream/s"),
        STR("arn:aws:kinesis::123456789012:stream/s"),
        STR("arn:aws:kinesis:US:123456789012:stream/s"),
        STR("arn:aws:firehose:us-east-1:123456789012:deliverystream/s"),
        STR("arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1"),
        STR("arn:"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream_name stream;
        struct err err = {.kind = ERR_NONE};
        assert_false(stream_name_parse(cases[i], &stream, &err));
        assert_int_equal(err.kind, ERR_USAGE);
    }
    struct stream_name stream;
    struct err err;
    struct str longest = {.ptr = long_name, .len = sizeof long_name - 1};
    assert_true(stream_name_parse(longest, &stream, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_stream),
        cmocka_unit_test(an_arn_tells_name_and_region),
        cmocka_unit_test(what_the_service_would_refuse_is_refused),
    };
    return cmocka_run_group_tests_name("stream_name", tests, NULL, NULL);
}
