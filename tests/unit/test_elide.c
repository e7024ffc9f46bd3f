#include "cmocka_prelude.h"

#include "base/buf.h"
#include "encode/elide.h"
#include "encode/json.h"
#include "model/relation.h"

#include <string.h>

#define OPENING "{\"time\":\"2026-11-22T09:16:29Z\",\"lsn\":\""
#define ELIDED  "{\"q\":\"false\",\"t\":\"text\",\"v\":\"elided-oversize-datum\"}"
#define TEXT(v) "{\"q\":\"true\",\"t\":\"text\",\"v\":\"" v "\"}"
#define X10     "xxxxxxxxxx"
#define X30     X10 X10 X10
#define Y30     "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"

static struct relation *relation;
static struct buf data;

static int set_up(void **state)
{
    (void)state;
    const struct column columns[] = {
        {.name = STR("b"), .quoted = STR("b"), .type = STR("text")},
        {.name = STR("a"), .quoted = STR("a"), .type = STR("text")},
    };
    relation = relation_new(&(struct relation){.schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
        .columns = columns,
        .column_count = 2});
    buf_init(&data, 10000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    relation_free(relation);
    buf_release(&data);
    return 0;
}

static struct datum text(const char *value)
{
    return (struct datum){.kind = DATUM_TEXT, .quoted = true, .text = str_from_c(value)};
}

static struct event event_of(const struct datum *old_row, const struct datum *new_row)
{
    return (struct event){.kind = EVENT_CHANGE,
        .change = {.relation = relation,
            .operation = OPERATION_UPDATE,
            .old_row = old_row,
            .new_row = new_row}};
}

static size_t length_of(const struct event *event)
{
    buf_clear(&data);
    json_encode_change(&data, event, &(struct json_frame){.opening = STR(OPENING)});
    return data.len;
}

static void expect_columns(const struct event *event, size_t excess_bytes, const char *columns)
{
    struct elision elision;
    elision_init(&elision, event, excess_bytes);

    length_of(&elision.event);

    const char *found = strstr(buf_c(&data), "\"columns\":");
    assert_non_null(found);
    assert_string_equal(found + strlen("\"columns\":"), columns);
    elision_release(&elision);
}

static void the_largest_value_goes_first(void **state)
{
    (void)state;
    const struct datum row[] = {text(X30 "x"), text(X30)};
    struct event event = event_of(NULL, row);

    expect_columns(&event, 0, "{\"a\":{\"new\":" TEXT(X30) "},\"b\":{\"new\":" TEXT(X30 "x") "}}}");
    expect_columns(&event, 1, "{\"a\":{\"new\":" TEXT(X30) "},\"b\":{\"new\":" ELIDED "}}}");
    expect_columns(&event, 20, "{\"a\":{\"new\":" ELIDED "},\"b\":{\"new\":" ELIDED "}}}");
}

static void of_equal_values_the_first_in_the_record_goes(void **state)
{
    (void)state;
    const struct datum row[] = {text(X30), text(X30)};
    struct event event = event_of(NULL, row);

    expect_columns(&event, 1, "{\"a\":{\"new\":" ELIDED "},\"b\":{\"new\":" TEXT(X30) "}}}");
}

static void a_value_weighs_what_it_takes_in_the_record(void **state)
{
    (void)state;
    const struct datum row[] = {text("<<<<<<"), text(X30)};
    struct event event = event_of(NULL, row);

    expect_columns(&event, 1, "{\"a\":{\"new\":" TEXT(X30) "},\"b\":{\"new\":" ELIDED "}}}");
}

static void an_old_value_is_a_value_too(void **state)
{
    (void)state;
    const struct datum old_row[] = {text("b"), text(Y30 "y")};
    const struct datum new_row[] = {text("b"), text(X30)};
    struct event event = event_of(old_row, new_row);

    expect_columns(&event, 1,
        "{\"a\":{\"new\":" TEXT(X30) ",\"old\":" ELIDED "},\"b\":{\"new\":" TEXT("b") "}}}");
}

static void an_old_value_that_was_not_told_stays_untold(void **state)
{
    (void)state;
    const struct datum old_row[] = {text("b"), text(X30)};
    const struct datum new_row[] = {text("c"), text(X30)};
    struct event event = event_of(old_row, new_row);

    expect_columns(&event, 1,
        "{\"a\":{\"new\":" ELIDED "},\"b\":{\"new\":" TEXT("c") ",\"old\":" TEXT("b") "}}}");
}

static void a_column_that_is_not_told_is_passed_over(void **state)
{
    (void)state;
    const struct datum old_row[] = {text(X30), {.kind = DATUM_NULL}};
    struct event event = event_of(old_row, NULL);

    expect_columns(&event, 1, "{\"b\":{\"old\":" ELIDED "}}}");
}

static void what_would_not_get_shorter_stays(void **state)
{
    (void)state;
    const struct datum row[] = {text("elided-oversize-datum."), text("")};
    struct event event = event_of(NULL, row);

    expect_columns(&event, 1000,
        "{\"a\":{\"new\":" TEXT("") "},\"b\":{\"new\":" TEXT("elided-oversize-datum.") "}}}");
}

static void whatever_the_excess_the_record_is_shorter_by_it_or_as_short_as_it_gets(void **state)
{
    (void)state;
    struct datum row[] = {text(X30 X30), text(X30)};
    row[1].quoted = false;
    struct event event = event_of(NULL, row);
    size_t whole = length_of(&event);
    struct elision elision;
    elision_init(&elision, &event, SIZE_MAX);
    size_t shortest = length_of(&elision.event);
    elision_release(&elision);

    for (size_t excess = 0; excess <= whole; excess++) {
        elision_init(&elision, &event, excess);
        size_t shorter = length_of(&elision.event);
        assert_true(shorter + excess <= whole || shorter == shortest);
        elision_release(&elision);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(the_largest_value_goes_first),
        FACT(of_equal_values_the_first_in_the_record_goes),
        FACT(a_value_weighs_what_it_takes_in_the_record),
        FACT(an_old_value_is_a_value_too),
        FACT(an_old_value_that_was_not_told_stays_untold),
        FACT(a_column_that_is_not_told_is_passed_over),
        FACT(what_would_not_get_shorter_stays),
        FACT(whatever_the_excess_the_record_is_shorter_by_it_or_as_short_as_it_gets),
    };
    return cmocka_run_group_tests_name("elide", tests, NULL, NULL);
}
