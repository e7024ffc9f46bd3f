#include "cmocka_prelude.h"

#include "base/buf.h"
#include "cbor_of_json.h"
#include "kinesis/lane_key.h"
#include "kinesis/put_records.h"
#include "kinesis/stream_name.h"
#include "kinesis/wire.h"
#include "model/batch.h"
#include "model/record.h"

#include <string.h>

static void batch_add(struct batch *batch, struct str key, struct str data)
{
    batch->records[batch->count++] = record_new(key, data);
}

static void batch_release(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        record_free_chain(batch->records[i]);
}

static void assert_body(const struct wire *wire, struct str stream_text, struct str expected)
{
    struct batch batch = {.count = 0};
    batch_add(&batch, STR("k1"), STR("hello"));
    batch_add(&batch, STR("public.\"a\\b\"\xc3\xa9"), STR("\x00\xff<"));
    batch_add(&batch, STR("k3"), STR(""));
    struct stream_name stream;
    struct err err;
    assert_true(stream_name_parse(stream_text, &stream, &err));

    struct buf body;
    buf_init(&body, 10000);
    put_records_write(&body, &(struct put_records_form){.wire = wire, .stream = &stream}, &batch);

    assert_int_equal(body.len, expected.len);
    assert_memory_equal(body.ptr, expected.ptr, expected.len);
    buf_release(&body);
    batch_release(&batch);
}

#define RECORDS                                                                                    \
    "\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"k1\"},"                                \
    "{\"Data\":\"AP88\",\"PartitionKey\":\"public.\\\"a\\\\b\\\"\xc3\xa9\"},"                      \
    "{\"Data\":\"\",\"PartitionKey\":\"k3\"}]}"

static void the_body_names_the_stream_and_its_records(void **state)
{
    (void)state;
    assert_body(
        &wire_json, STR("example_stream"), STR("{\"StreamName\":\"example_stream\"," RECORDS));
}

static void in_cbor_data_goes_as_it_is(void **state)
{
    (void)state;
    assert_body(&wire_cbor, STR("example_stream"),
        STR("\xa2\x6aStreamName\x6e"
            "example_stream\x67Records\x83"
            "\xa2\x64"
            "Data\x45hello\x6cPartitionKey\x62k1"
            "\xa2\x64"
            "Data\x43\x00\xff<\x6cPartitionKey\x6epublic.\"a\\b\"\xc3\xa9"
            "\xa2\x64"
            "Data\x40\x6cPartitionKey\x62k3"));
}

static void a_stream_with_an_arn_is_named_by_it(void **state)
{
    (void)state;
    assert_body(&wire_json, STR("arn:aws:kinesis:eu-west-1:123456789012:stream/s"),
        STR("{\"StreamARN\":\"arn:aws:kinesis:eu-west-1:123456789012:stream/s\"," RECORDS));
}

static void with_lane_keys_entries_go_where_their_lane_s_says(void **state)
{
    (void)state;
    struct batch batch = {.count = 0};
    batch_add(&batch, STR("k1"), STR("hello"));
    batch.records[0]->next = record_new(STR("k2"), STR("world"));
    batch_add(&batch, STR("k3"), STR("alone"));
    batch.records[1]->lane = 1;
    const struct lane_key keys[] = {
        {"85070591730234615865843651857942052864"}, {"255211775190703847597530955573826158592"}};
    struct stream_name stream = {.text = STR("s"), .name = STR("s"), .region = STR("")};
    struct buf aggregates;
    buf_init(&aggregates, PUT_RECORDS_AGGREGATES_BYTES_MAX);

    struct buf body;
    buf_init(&body, 10000);
    put_records_write(&body,
        &(struct put_records_form){
            .wire = &wire_json, .stream = &stream, .lane_keys = keys, .aggregates = &aggregates},
        &batch);

    // The first is the published example of an aggregate.
    assert_string_equal(buf_c(&body),
        "{\"StreamName\":\"s\",\"Records\":[{\"Data\":"
        "\"84mawgoCazEKAmsyEiY4NTA3MDU5MTczMDIzNDYxNTg2N"
        "Tg0MzY1MTg1Nzk0MjA1Mjg2NBoLCAAQABoFaGVsbG8aCwgBEAAaBXdvcmxkQUS0cBgsVBbtdo8A/7JWXg==\","
        "\"PartitionKey\":\"a\",\"ExplicitHashKey\":\"85070591730234615865843651857942052864\"},"
        "{\"Data\":\"YWxvbmU=\",\"PartitionKey\":\"k3\","
        "\"ExplicitHashKey\":\"255211775190703847597530955573826158592\"}]}");
    buf_release(&body);
    buf_release(&aggregates);
    batch_release(&batch);
}

// Rows by themselves and aggregates of several, in no regular turn.
static void each_entry_is_written_as_it_would_be_alone(void **state)
{
    (void)state;
    static const struct str before = STR_CONST("{\"StreamName\":\"s\",\"Records\":[");
    static const struct str after = STR_CONST("]}");
    struct batch batch = {.count = 0};
    for (size_t i = 0; i < 60; i++) {
        batch_add(&batch, STR("k"), (struct str){.ptr = "abcdefgh", .len = i % 9});
        if (i * i % 7 < 4)
            batch.records[i]->next = record_new(STR("k2"), STR("world"));
    }
    const struct lane_key keys[] = {{"85070591730234615865843651857942052864"}};
    struct stream_name stream = {.text = STR("s"), .name = STR("s"), .region = STR("")};
    struct buf aggregates;
    struct buf body;
    struct buf expected;
    buf_init(&aggregates, PUT_RECORDS_AGGREGATES_BYTES_MAX);
    buf_init(&body, 100000);
    buf_init(&expected, 100000);
    const struct put_records_form form = {
        .wire = &wire_json, .stream = &stream, .lane_keys = keys, .aggregates = &aggregates};
    buf_add(&expected, before);
    for (size_t i = 0; i < batch.count; i++) {
        struct batch alone = {.count = 1, .records = {batch.records[i]}};
        buf_clear(&body);
        put_records_write(&body, &form, &alone);
        struct str entry = str_after(buf_str(&body), before.len);
        entry.len -= after.len;
        buf_add(&expected, i > 0 ? STR(",") : STR(""));
        buf_add(&expected, entry);
    }
    buf_add(&expected, after);

    buf_clear(&body);
    put_records_write(&body, &form, &batch);

    assert_string_equal(buf_c(&body), buf_c(&expected));
    buf_release(&aggregates);
    buf_release(&body);
    buf_release(&expected);
    batch_release(&batch);
}

static void a_full_request_fits(void **state)
{
    (void)state;
    struct batch batch = {.count = 0};
    static char key[256];
    memset(key, '\x01', sizeof key); // Six bytes each in JSON.
    char *data = test_malloc(BATCH_BYTES_MAX / BATCH_RECORDS_MAX);
    memset(data, 'd', BATCH_BYTES_MAX / BATCH_RECORDS_MAX);
    for (size_t i = 0; i < BATCH_RECORDS_MAX; i++)
        batch_add(&batch, (struct str){.ptr = key, .len = sizeof key},
            (struct str){.ptr = data, .len = BATCH_BYTES_MAX / BATCH_RECORDS_MAX});
    struct stream_name stream = {.text = STR("s"), .name = STR("s"), .region = STR("")};

    const struct wire *const wires[] = {&wire_json, &wire_cbor};
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++) {
        struct buf body;
        buf_init(&body, PUT_RECORDS_BODY_BYTES_MAX);
        put_records_write(
            &body, &(struct put_records_form){.wire = wires[i], .stream = &stream}, &batch);

        assert_true(buf_ok(&body));
        buf_release(&body);
    }
    test_free(data);
    batch_release(&batch);
}

static enum document_form form; // Of the replies: each test runs in both.

// Reads a reply to a request of three records; only their number matters.
static bool read_reply(struct batch *batch, struct str reply, struct put_records_counts *counts)
{
    *batch = (struct batch){.count = 3};
    struct buf body = reply_in(form, reply);
    bool believed = put_records_read(batch, &body, counts, &batch->err);
    buf_release(&body);
    return believed;
}

static void assert_outcomes(
    struct str reply, enum outcome first, enum outcome second, enum outcome third)
{
    struct batch batch;
    struct put_records_counts counts;
    assert_true(read_reply(&batch, reply, &counts));
    assert_int_equal(batch.err.kind, ERR_NONE);
    assert_int_equal(batch.outcomes[0], first);
    assert_int_equal(batch.outcomes[1], second);
    assert_int_equal(batch.outcomes[2], third);
}

#define STORED                                                                                     \
    "{\"SequenceNumber\":\"49543463076548007577105092703039560359975228518395012686\","            \
    "\"ShardId\":\"shardId-000000000000\"}"
#define STORED_NULL                                                                                \
    "{\"SequenceNumber\":\"4954\",\"ShardId\":\"shardId-0\",\"ErrorCode\":null,"                   \
    "\"ErrorMessage\":null}"
#define THROTTLED                                                                                  \
    "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"Rate exceeded "  \
    "for shard shardId-000000000001 in stream s under account 111111111111.\"}"
#define FAILED "{\"ErrorCode\":\"InternalFailure\",\"ErrorMessage\":\"Internal service failure.\"}"
#define REPLY(failed, a, b, c)                                                                     \
    STR("{\"FailedRecordCount\":" failed ",\"Records\":[" a "," b "," c "],"                       \
        "\"EncryptionType\":\"NONE\"}")

static void a_record_with_a_sequence_number_is_stored(void **state)
{
    (void)state;
    assert_outcomes(
        REPLY("0", STORED, STORED, STORED), OUTCOME_STORED, OUTCOME_STORED, OUTCOME_STORED);
    assert_outcomes(REPLY("0", STORED_NULL, STORED, STORED_NULL), OUTCOME_STORED, OUTCOME_STORED,
        OUTCOME_STORED);
}

static void each_record_has_its_own_outcome(void **state)
{
    (void)state;
    assert_outcomes(
        REPLY("2", THROTTLED, STORED, FAILED), OUTCOME_THROTTLED, OUTCOME_STORED, OUTCOME_FAILED);
}

static void the_count_of_failures_is_not_believed(void **state)
{
    (void)state;
    assert_outcomes(
        REPLY("0", THROTTLED, STORED, FAILED), OUTCOME_THROTTLED, OUTCOME_STORED, OUTCOME_FAILED);
}

static void what_is_not_surely_stored_failed(void **state)
{
    (void)state;
    assert_outcomes(REPLY("3", "{}", "{\"SequenceNumber\":null,\"ErrorCode\":\"New\"}",
                        "{\"SequenceNumber\":\"1\",\"ErrorCode\":\"InternalFailure\"}"),
        OUTCOME_FAILED, OUTCOME_FAILED, OUTCOME_FAILED);
    assert_outcomes(REPLY("3", "{\"SequenceNumber\":\"\"}", "{\"SequenceNumber\":7}",
                        "{\"ShardId\":\"shardId-0\"}"),
        OUTCOME_FAILED, OUTCOME_FAILED, OUTCOME_FAILED);
}

static void assert_placement(
    const struct placement *placement, uint32_t shard, struct str sequence_number)
{
    const struct sequence_number expected = sequence_number_parse(sequence_number);
    assert_int_equal(placement->shard, shard);
    assert_memory_equal(&placement->sequence_number, &expected, sizeof expected);
}

static void what_is_stored_has_its_placement(void **state)
{
    (void)state;
    struct batch batch;
    struct put_records_counts counts;

    assert_true(
        read_reply(&batch, REPLY("0", STORED, STORED_NULL, "{\"SequenceNumber\":\"1\"}"), &counts));

    assert_placement(
        &batch.placements[0], 0, STR("49543463076548007577105092703039560359975228518395012686"));
    assert_placement(&batch.placements[1], 0, STR("4954"));
    assert_placement(&batch.placements[2], SHARD_UNKNOWN, STR("1"));
}

static void the_shard_of_a_throttled_record_is_read_from_the_message(void **state)
{
    (void)state;
    struct batch batch;
    struct put_records_counts counts;

    assert_true(read_reply(&batch,
        REPLY("3", THROTTLED, FAILED,
            "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"shardId-"
            "\"}"),
        &counts));

    assert_int_equal(batch.placements[0].shard, 1);
    assert_int_equal(batch.placements[1].shard, SHARD_UNKNOWN);
    assert_int_equal(batch.placements[2].shard, SHARD_UNKNOWN);
}

static void members_are_known_by_their_names(void **state)
{
    (void)state;
    assert_outcomes(STR("{\"New\":[{\"Deep\":[[]]}],\"Records\":["
                        "{\"ShardId\":null,\"New\":{\"SequenceNumber\":\"1\"}},"
                        "{\"ErrorMessage\":null,\"ErrorCode\":null,\"SequenceNumber\":\"1\"},"
                        "{\"Sequence\\u004eumber\":\"1\"}],\"FailedRecordCount\":null}"),
        OUTCOME_FAILED, OUTCOME_STORED, OUTCOME_STORED);
}

static void of_a_member_that_comes_twice_the_last_one_counts(void **state)
{
    (void)state;
    assert_outcomes(
        REPLY("1", "{\"SequenceNumber\":\"1\",\"SequenceNumber\":null}",
            "{\"ErrorCode\":\"New\",\"SequenceNumber\":\"1\",\"ErrorCode\":null}", STORED),
        OUTCOME_FAILED, OUTCOME_STORED, OUTCOME_STORED);
    struct batch batch;
    struct put_records_counts counts;
    assert_true(read_reply(&batch,
        STR("{\"Records\":[" THROTTLED "],\"Records\":[" STORED "," FAILED "," STORED "]}"),
        &counts));
    assert_int_equal(counts.stored, 2);
    assert_int_equal(counts.throttled, 0);
    assert_int_equal(counts.failed, 1);
}

static void the_first_failure_is_kept_for_the_log(void **state)
{
    (void)state;
    struct batch batch;
    struct put_records_counts counts;

    assert_true(read_reply(&batch, REPLY("2", STORED, FAILED, THROTTLED), &counts));

    assert_int_equal(counts.stored, 1);
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.throttled, 1);
    assert_string_equal(counts.first_failure.text, "InternalFailure: Internal service failure.");
}

static void assert_not_believed(struct str reply)
{
    struct batch batch;
    struct put_records_counts counts;
    assert_false(read_reply(&batch, reply, &counts));
    assert_int_equal(batch.err.kind, ERR_RETRY);
    assert_int_equal(counts.stored, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch.outcomes[i], OUTCOME_UNKNOWN);
}

static void a_reply_to_another_request_is_not_believed(void **state)
{
    (void)state;
    assert_not_believed(STR("{\"FailedRecordCount\":0,\"Records\":[" STORED "," STORED "]}"));
    assert_not_believed(
        STR("{\"FailedRecordCount\":0,\"Records\":[" STORED "," STORED "," STORED "," STORED "]}"));
    assert_not_believed(STR("{\"FailedRecordCount\":0,\"Records\":[]}"));
}

static void a_reply_in_another_form_is_not_believed(void **state)
{
    (void)state;
    const struct str replies[] = {
        STR(""),
        STR("{}"),
        STR("null"),
        STR("[" STORED "," STORED "," STORED "]"),
        STR("{\"Records\":{}}"),
        STR("{\"Records\":[1,2,3]}"),
        STR("{\"Records\":[" STORED "," STORED ",null]}"),
        STR("<html><body>502 Bad Gateway</body></html>"),
        STR("\xff\xfe\x00\x01"),
        STR("{\"Records\":\"\xff\"}"),
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        assert_not_believed(replies[i]);
}

static void a_reply_cut_short_is_not_believed_at_any_length(void **state)
{
    (void)state;
    struct buf whole = reply_in(form, REPLY("2", THROTTLED, STORED, FAILED));
    for (size_t len = 0; len < whole.len; len++)
        assert_not_believed((struct str){.ptr = whole.ptr, .len = len});
    buf_release(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_names_the_stream_and_its_records),
        cmocka_unit_test(in_cbor_data_goes_as_it_is),
        cmocka_unit_test(a_stream_with_an_arn_is_named_by_it),
        cmocka_unit_test(with_lane_keys_entries_go_where_their_lane_s_says),
        cmocka_unit_test(each_entry_is_written_as_it_would_be_alone),
        cmocka_unit_test(a_full_request_fits),
        cmocka_unit_test(a_record_with_a_sequence_number_is_stored),
        cmocka_unit_test(each_record_has_its_own_outcome),
        cmocka_unit_test(the_count_of_failures_is_not_believed),
        cmocka_unit_test(what_is_not_surely_stored_failed),
        cmocka_unit_test(what_is_stored_has_its_placement),
        cmocka_unit_test(the_shard_of_a_throttled_record_is_read_from_the_message),
        cmocka_unit_test(members_are_known_by_their_names),
        cmocka_unit_test(of_a_member_that_comes_twice_the_last_one_counts),
        cmocka_unit_test(the_first_failure_is_kept_for_the_log),
        cmocka_unit_test(a_reply_to_another_request_is_not_believed),
        cmocka_unit_test(a_reply_in_another_form_is_not_believed),
        cmocka_unit_test(a_reply_cut_short_is_not_believed_at_any_length),
    };
    int failed = 0;
    for (form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++)
        failed += cmocka_run_group_tests_name(
            form == DOCUMENT_JSON ? "put_records, replies in JSON" : "put_records, replies in CBOR",
            tests, NULL, NULL);
    return failed;
}
