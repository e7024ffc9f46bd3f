#include "cmocka_prelude.h"

#include "base/buf.h"
#include "kinesis/stream_name.h"
#include "kinesis/wire.h"

static const struct stream_name by_name = {
    .text = STR_CONST("s"), .name = STR_CONST("s"), .region = STR_CONST("")};
static const struct stream_name by_arn = {
    .text = STR_CONST("arn:s"), .name = STR_CONST("s"), .region = STR_CONST(""), .is_arn = true};

static void assert_stream(
    const struct wire *wire, const struct stream_name *stream, struct str expected)
{
    struct buf buf;
    buf_init(&buf, 100);
    wire->write_stream(&buf, stream);
    assert_true(str_equal(buf_str(&buf), expected));
    buf_release(&buf);
}

static void a_stream_is_asked_for_by_its_name_or_its_arn(void **state)
{
    (void)state;
    assert_stream(&wire_json, &by_name, STR("{\"StreamName\":\"s\"}"));
    assert_stream(&wire_json, &by_arn, STR("{\"StreamARN\":\"arn:s\"}"));
    assert_stream(&wire_cbor, &by_name, STR("\xa1\x6aStreamName\x61s"));
    assert_stream(&wire_cbor, &by_arn,
        STR("\xa1\x69StreamARN\x65"
            "arn:s"));
}

static void write_two(const struct wire *wire, struct buf *buf)
{
    const struct parcel first = {STR("k1"), STR("0"), STR("hello")};
    const struct parcel second = {STR("k2"), STR(""), STR("world")};
    wire->begin_records(buf, &by_name, 2);
    wire->write_parcel(buf, &first);
    buf_add(buf, wire->separator);
    wire->write_parcel(buf, &second);
    buf_add(buf, wire->end);
}

static void a_parcel_has_an_explicit_hash_key_or_none(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    write_two(&wire_json, &buf);
    assert_string_equal(buf_c(&buf),
        "{\"StreamName\":\"s\",\"Records\":["
        "{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"k1\",\"ExplicitHashKey\":\"0\"},"
        "{\"Data\":\"d29ybGQ=\",\"PartitionKey\":\"k2\"}]}");
    buf_release(&buf);
}

// These bytes are test_sim_cbor.py's vector, too, which an encoder in Python made.
static void in_cbor_the_request_is_what_another_encoder_writes(void **state)
{
    (void)state;
    const struct str expected = STR(
        "\xa2\x6a\x53\x74\x72\x65\x61\x6d\x4e\x61\x6d\x65\x61\x73\x67\x52\x65\x63\x6f\x72\x64\x73"
        "\x82\xa3\x64\x44\x61\x74\x61\x45\x68\x65\x6c\x6c\x6f\x6c\x50\x61\x72\x74\x69\x74\x69\x6f"
        "\x6e\x4b\x65\x79\x62\x6b\x31\x6f\x45\x78\x70\x6c\x69\x63\x69\x74\x48\x61\x73\x68\x4b\x65"
        "\x79\x61\x30\xa2\x64\x44\x61\x74\x61\x45\x77\x6f\x72\x6c\x64\x6c\x50\x61\x72\x74\x69\x74"
        "\x69\x6f\x6e\x4b\x65\x79\x62\x6b\x32");
    struct buf buf;
    buf_init(&buf, 1000);
    write_two(&wire_cbor, &buf);
    assert_true(str_equal(buf_str(&buf), expected));
    buf_release(&buf);
}

static void a_request_without_room_is_dropped_in_either_form(void **state)
{
    (void)state;
    const struct wire *const wires[] = {&wire_json, &wire_cbor};
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++) {
        for (size_t room = 0; room < 97; room++) {
            struct buf buf;
            buf_init(&buf, room);
            write_two(wires[i], &buf);
            assert_false(buf_ok(&buf));
            buf_release(&buf);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_asked_for_by_its_name_or_its_arn),
        cmocka_unit_test(a_parcel_has_an_explicit_hash_key_or_none),
        cmocka_unit_test(in_cbor_the_request_is_what_another_encoder_writes),
        cmocka_unit_test(a_request_without_room_is_dropped_in_either_form),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
