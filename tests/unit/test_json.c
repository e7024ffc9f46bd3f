#include "cmocka_prelude.h"

#include "base/buf.h"
#include "encode/json.h"
#include "model/event.h"
#include "model/relation.h"

#include <stdlib.h>
#include <time.h>

#define OPENING "{\"time\":\"2026-11-22T09:16:29Z\",\"lsn\":\""
#define FRAME   (&(struct json_frame){.opening = STR(OPENING)})
#define HEAD(operation)                                                                            \
    OPENING "16/B374D848\",\"table\":\"public.t\","                                                \
            "\"operation\":\"" operation "\",\"columns\":{"

// Columns out of order on purpose: b, a, and one whose quoted name sorts first.
static struct relation *table(void)
{
    const struct column columns[] = {
        {.name = STR("b"), .quoted = STR("b"), .type = STR("text")},
        {.name = STR("a"), .quoted = STR("a"), .type = STR("integer")},
        {.name = STR("Z"), .quoted = STR("\"Z\""), .type = STR("bit varying")},
    };
    return relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 3});
}

static struct datum quoted(struct str text)
{
    return (struct datum){.kind = DATUM_TEXT, .quoted = true, .text = text};
}

static struct datum bare(struct str text)
{
    return (struct datum){.kind = DATUM_TEXT, .text = text};
}

static const struct datum absent = {.kind = DATUM_ABSENT};
static const struct datum null = {.kind = DATUM_NULL};
static const struct datum unchanged = {.kind = DATUM_UNCHANGED};

static void assert_record(
    enum operation operation, const struct datum *old, const struct datum *new, const char *record)
{
    struct relation *relation = table();
    struct event event = {.kind = EVENT_CHANGE,
        .lsn = 0x16b374d848,
        .change = {.relation = relation, .operation = operation, .old_row = old, .new_row = new}};
    struct buf data;
    buf_init(&data, 10000);

    assert_int_equal(json_encode_change(&data, &event, FRAME), 0);

    assert_string_equal(buf_c(&data), record);
    buf_release(&data);
    relation_free(relation);
}

static void an_insert_shows_its_columns_in_bytewise_order(void **state)
{
    (void)state;
    const struct datum row[] = {quoted(STR("x<\n")), bare(STR("1")), quoted(STR("101"))};
    assert_record(OPERATION_INSERT, NULL, row,
        HEAD("INSERT") "\"\\\"Z\\\"\":{\"new\":{\"q\":\"true\",\"t\":\"bit "
                       "varying\",\"v\":\"101\"}},"
                       "\"a\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"1\"}},"
                       "\"b\":{\"new\":{\"q\":\"true\",\"t\":\"text\",\"v\":\"x\\u003c\\n\"}}}}");
}

static void null_and_unchanged_are_told_from_their_names_by_q(void **state)
{
    (void)state;
    const struct datum row[] = {null, unchanged, quoted(STR("null"))};
    assert_record(OPERATION_UPDATE, NULL, row,
        HEAD("UPDATE") "\"\\\"Z\\\"\":{\"new\":{\"q\":\"true\",\"t\":\"bit "
                       "varying\",\"v\":\"null\"}},"
                       "\"a\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"unchanged-toast-"
                       "datum\"}},"
                       "\"b\":{\"new\":{\"q\":\"false\",\"t\":\"text\",\"v\":\"null\"}}}}");
}

static void an_update_shows_an_old_value_only_where_it_differs(void **state)
{
    (void)state;
    const struct datum old[] = {quoted(STR("was")), bare(STR("1")), null};
    const struct datum new[] = {quoted(STR("is")), bare(STR("1")), quoted(STR("1"))};
    assert_record(OPERATION_UPDATE, old, new,
        HEAD("UPDATE") "\"\\\"Z\\\"\":{\"new\":{\"q\":\"true\",\"t\":\"bit varying\",\"v\":\"1\"}},"
                       "\"a\":{\"new\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"1\"}},"
                       "\"b\":{\"new\":{\"q\":\"true\",\"t\":\"text\",\"v\":\"is\"},"
                       "\"old\":{\"q\":\"true\",\"t\":\"text\",\"v\":\"was\"}}}}");
}

static void an_unchanged_large_value_shows_its_old_one_when_it_is_known(void **state)
{
    (void)state;
    const struct datum old[] = {quoted(STR("large")), absent, absent};
    const struct datum new[] = {unchanged, absent, absent};
    assert_record(OPERATION_UPDATE, old, new,
        HEAD("UPDATE") "\"b\":{\"new\":{\"q\":\"false\",\"t\":\"text\",\"v\":\"unchanged-toast-"
                       "datum\"},"
                       "\"old\":{\"q\":\"true\",\"t\":\"text\",\"v\":\"large\"}}}}");
}

static void a_delete_shows_what_is_known_of_the_old_row(void **state)
{
    (void)state;
    const struct datum old[] = {null, bare(STR("7")), absent};
    assert_record(OPERATION_DELETE, old, NULL,
        HEAD("DELETE") "\"a\":{\"old\":{\"q\":\"false\",\"t\":\"integer\",\"v\":\"7\"}}}}");
}

static void a_row_that_shows_nothing_has_empty_columns(void **state)
{
    (void)state;
    const struct datum row[] = {absent, absent, absent};
    assert_record(OPERATION_DELETE, NULL, NULL, HEAD("DELETE") "}}");
    assert_record(OPERATION_INSERT, NULL, row, HEAD("INSERT") "}}");
}

static void a_truncate_names_the_relation_and_has_empty_columns(void **state)
{
    (void)state;
    struct relation *relation = table();
    const struct event event = {.kind = EVENT_TRUNCATE, .lsn = 0x16b374d848};
    struct buf data;
    buf_init(&data, 10000);

    assert_int_equal(json_encode_truncate(&data, &event, relation, FRAME), 0);

    assert_string_equal(buf_c(&data), HEAD("TRUNCATE") "}}");
    buf_release(&data);
    relation_free(relation);
}

static void bytes_that_are_no_utf8_are_counted_wherever_they_stand(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("\xe9"), .quoted = STR("\"\xe9\""), .type = STR("\"t\xe9\"")}};
    struct relation *relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("\xe9"),
        .quoted = STR("public.\"\xe9\""),
        .columns = columns,
        .column_count = 1});
    const struct datum row[] = {quoted(STR("\xff\xfe"))};
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .new_row = row}};
    struct buf data;
    buf_init(&data, 10000);

    assert_int_equal(json_encode_change(&data, &event, FRAME), 5);

    buf_release(&data);
    relation_free(relation);
}

static void a_record_over_the_limit_is_measured_at_every_limit(void **state)
{
    (void)state;
    struct relation *relation = table();
    const struct datum row[] = {quoted(STR("x\xff&\xc3\xa9")), bare(STR("1")), null};
    const struct event event = {
        .kind = EVENT_CHANGE, .change = {.relation = relation, .new_row = row}};
    struct buf whole;
    buf_init(&whole, 10000);
    json_encode_change(&whole, &event, FRAME);

    for (size_t limit = 0; limit <= whole.len; limit++) {
        struct buf data;
        buf_init(&data, limit);
        assert_int_equal(json_encode_change(&data, &event, FRAME), 1);
        assert_int_equal(buf_ok(&data), limit == whole.len);
        assert_int_equal(buf_wanted(&data), whole.len);
        assert_true(data.len <= limit);
        buf_release(&data);
    }

    buf_release(&whole);
    relation_free(relation);
}

// A TRUNCATE's record, of that transaction and with these fields.
static void assert_fields(struct txn txn, struct fields fields, const char *tail)
{
    struct relation *relation = table();
    const struct relation *const relations[] = {relation};
    struct event event = {.kind = EVENT_TRUNCATE,
        .lsn = 0x16b374d848,
        .txn = txn,
        .ordinal = 3,
        .truncate = {.relations = relations, .count = 1}};
    struct buf data, record;
    buf_init(&data, 1000);
    buf_init(&record, 1000);
    buf_printf(&record, "%s", HEAD("TRUNCATE"));
    buf_printf(&record, "%s", tail);

    json_encode_truncate(
        &data, &event, relation, &(struct json_frame){.opening = STR(OPENING), .fields = fields});

    assert_string_equal(buf_c(&data), buf_c(&record));
    buf_release(&data);
    buf_release(&record);
    relation_free(relation);
}

static void fields_follow_the_columns_in_one_order(void **state)
{
    (void)state;
    const struct txn txn = {
        .xid = 4294967295, .commit_lsn = 0x16b374d900, .commit_time_us = 1445444940000042};
    assert_fields(txn, (struct fields){true, true, true, true},
        "},\"xid\":4294967295,\"seq\":3,\"commit_lsn\":\"16/B374D900\","
        "\"commit_time\":\"2015-10-21T16:29:00.000042Z\"}");
    assert_fields(txn, (struct fields){.seq = true}, "},\"seq\":3}");
    assert_fields(txn, (struct fields){.xid = false}, "}}");
}

static void a_field_that_is_not_known_is_left_out(void **state)
{
    (void)state;
    assert_fields(
        (struct txn){.xid = 7}, (struct fields){true, true, true, true}, "},\"xid\":7,\"seq\":3}");
}

static void assert_message(struct str content, const char *tail)
{
    struct event event = {.kind = EVENT_MESSAGE,
        .lsn = 0x16b374d848,
        .txn = {.xid = 7},
        .message = {.prefix = STR("p\"q"), .content = content}};
    const struct json_frame frame = {.opening = STR(OPENING), .fields = {.xid = true}};
    struct buf data, record;
    buf_init(&data, 1000);
    buf_init(&record, 1000);
    buf_printf(&record,
        OPENING "16/B374D848\",\"table\":\"\","
                "\"operation\":\"MESSAGE\",\"columns\":{},\"prefix\":\"p\\\"q\",%s,\"xid\":7}",
        tail);

    assert_int_equal(json_encode_message(&data, &event, &frame), 0);

    assert_string_equal(buf_c(&data), buf_c(&record));
    buf_release(&data);
    buf_release(&record);
}

static void a_message_shows_its_content_as_text_or_as_bytes(void **state)
{
    (void)state;
    assert_message(STR("h\xc3\xa9\n"), "\"content\":\"h\xc3\xa9\\n\"");
    assert_message(STR(""), "\"content\":\"\"");
    assert_message(STR("\xff\0"), "\"content_base64\":\"/wA=\"");
}

static void records_of_a_second_open_alike(void **state)
{
    (void)state;
    struct buf opening;
    buf_init(&opening, 100);
    setenv("TZ", "UTC", 1);
    tzset();

    json_write_opening(&opening, 1795338989999999); // date -ud 2026-11-22T09:16:29 +%s

    assert_string_equal(buf_c(&opening), OPENING);
    buf_release(&opening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_a_second_open_alike),
        cmocka_unit_test(an_insert_shows_its_columns_in_bytewise_order),
        cmocka_unit_test(null_and_unchanged_are_told_from_their_names_by_q),
        cmocka_unit_test(an_update_shows_an_old_value_only_where_it_differs),
        cmocka_unit_test(an_unchanged_large_value_shows_its_old_one_when_it_is_known),
        cmocka_unit_test(a_delete_shows_what_is_known_of_the_old_row),
        cmocka_unit_test(a_row_that_shows_nothing_has_empty_columns),
        cmocka_unit_test(a_truncate_names_the_relation_and_has_empty_columns),
        cmocka_unit_test(bytes_that_are_no_utf8_are_counted_wherever_they_stand),
        cmocka_unit_test(a_record_over_the_limit_is_measured_at_every_limit),
        cmocka_unit_test(fields_follow_the_columns_in_one_order),
        cmocka_unit_test(a_field_that_is_not_known_is_left_out),
        cmocka_unit_test(a_message_shows_its_content_as_text_or_as_bytes),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
