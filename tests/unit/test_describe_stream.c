#include "cmocka_prelude.h"

#include "base/buf.h"
#include "cbor_of_json.h"
#include "kinesis/describe_stream.h"

#define SUMMARY(members) STR("{\"StreamDescriptionSummary\":{" members "}}")

static enum document_form form; // Of the replies: each test runs in both.

static bool read_description(struct str reply, struct stream_facts *facts, struct err *err)
{
    struct buf body = reply_in(form, reply);
    bool ok = describe_stream_read(&body, facts, err);
    buf_release(&body);
    return ok;
}

static void reads_what_the_stream_is(void **state)
{
    (void)state;
    struct stream_facts facts;
    struct err err;
    assert_true(read_description(
        SUMMARY("\"StreamStatus\":\"ACTIVE\",\"OpenShardCount\":4,\"MaxRecordSizeInKiB\":10240,"
                "\"RecordDistributionStrategy\":\"AUTO\",\"StreamCreationTimestamp\":1.7953E9"),
        &facts, &err));
    assert_true(facts.described);
    assert_int_equal(facts.open_shards, 4);
    assert_int_equal(facts.record_bytes_max, 10 << 20);
    assert_true(facts.distribution_auto);
}

static void what_is_not_told_is_as_it_always_was(void **state)
{
    (void)state;
    struct stream_facts facts;
    struct err err;
    const struct str cases[] = {
        SUMMARY("\"StreamStatus\":\"UPDATING\""),
        SUMMARY("\"StreamStatus\":\"ACTIVE\",\"MaxRecordSizeInKiB\":-1,\"OpenShardCount\":-5"),
        SUMMARY("\"StreamStatus\":\"ACTIVE\",\"MaxRecordSizeInKiB\":99999999999,"
                "\"OpenShardCount\":\"many\""),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(read_description(cases[i], &facts, &err));
        assert_int_equal(facts.record_bytes_max, 1 << 20);
        assert_int_equal(facts.open_shards, 0);
        assert_false(facts.distribution_auto);
    }
}

static void a_stream_that_takes_no_records_is_no_success(void **state)
{
    (void)state;
    const struct {
        struct str body;
        enum err_kind kind;
    } cases[] = {
        {SUMMARY("\"StreamStatus\":\"CREATING\""), ERR_RETRY},
        {SUMMARY("\"StreamStatus\":\"DELETING\""), ERR_OPERATOR},
        {SUMMARY(""), ERR_RETRY},
        {STR("{}"), ERR_RETRY},
        {STR(""), ERR_RETRY},
        {STR("<html>"), ERR_RETRY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream_facts facts;
        struct err err = {.kind = ERR_NONE};
        assert_false(read_description(cases[i].body, &facts, &err));
        assert_int_equal(err.kind, cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_stream_is),
        cmocka_unit_test(what_is_not_told_is_as_it_always_was),
        cmocka_unit_test(a_stream_that_takes_no_records_is_no_success),
    };
    int failed = 0;
    for (form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++)
        failed +=
            cmocka_run_group_tests_name(form == DOCUMENT_JSON ? "describe_stream, replies in JSON"
                                                              : "describe_stream, replies in CBOR",
                tests, NULL, NULL);
    return failed;
}
