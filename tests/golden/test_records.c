// The comparer must be able to say no: a golden test with a comparer that always agrees is worth
// nothing.
#include "../unit/cmocka_prelude.h"

#include "base/buf.h"
#include "records.h"

// Keys k and l take turns, so that order within a key is not order in the list.
static struct records five_records(void)
{
    struct records records = {.count = 0};
    records_add(&records, STR("k"), STR("first"));
    records_add(&records, STR("l"), STR("other"));
    records_add(&records, STR("k"), STR("second"));
    records_add(&records, STR("l"), STR("another"));
    records_add(&records, STR("k"), STR("third"));
    return records;
}

static void assert_agree(const struct records *actual, bool expected)
{
    struct records wanted = five_records();
    struct buf difference;
    buf_init(&difference, 10000);
    assert_int_equal(records_agree(&wanted, actual, &difference), expected);
    assert_int_equal(difference.len == 0, expected);
    buf_release(&difference);
    records_release(&wanted);
}

static void the_same_records_agree(void **state)
{
    (void)state;
    struct records actual = five_records();
    assert_agree(&actual, true);
    records_release(&actual);
}

static void the_order_across_keys_means_nothing(void **state)
{
    (void)state;
    struct records actual = five_records();
    struct golden_record first = actual.items[0];
    actual.items[0] = actual.items[1];
    actual.items[1] = first;
    assert_agree(&actual, true);
    records_release(&actual);
}

static void a_missing_record_is_seen(void **state)
{
    (void)state;
    const struct records whole = five_records();
    for (size_t missing = 0; missing < whole.count; missing++) {
        struct records actual = {.count = 0};
        for (size_t i = 0; i < whole.count; i++)
            if (i != missing)
                records_add(&actual, whole.items[i].key, whole.items[i].data);
        assert_agree(&actual, false);
        records_release(&actual);
    }
    struct records none = {.count = 0};
    assert_agree(&none, false);
    struct records copy = whole;
    records_release(&copy);
}

static void an_extra_record_is_seen(void **state)
{
    (void)state;
    const struct str keys[] = {STR("a"), STR("k"), STR("z")};
    for (size_t i = 0; i < 3; i++) {
        struct records actual = five_records();
        records_add(&actual, keys[i], STR("new"));
        assert_agree(&actual, false);
        records_release(&actual);
    }
}

static void a_doubled_record_is_seen(void **state)
{
    (void)state;
    for (size_t doubled = 0; doubled < 5; doubled++) {
        struct records actual = five_records();
        records_add(&actual, actual.items[doubled].key, actual.items[doubled].data);
        assert_agree(&actual, false);
        records_release(&actual);
    }
}

static void a_doubled_record_in_place_of_another_is_seen(void **state)
{
    (void)state;
    const struct records whole = five_records();
    struct records actual = {.count = 0};
    for (size_t i = 0; i < whole.count; i++)
        records_add(&actual, whole.items[i].key, whole.items[i == 2 ? 0 : i].data);
    assert_agree(&actual, false);
    records_release(&actual);
    struct records copy = whole;
    records_release(&copy);
}

static void two_swapped_records_of_a_key_are_seen(void **state)
{
    (void)state;
    struct records actual = five_records();
    struct golden_record first = actual.items[0];
    actual.items[0] = actual.items[2];
    actual.items[2] = first;
    assert_agree(&actual, false);
    records_release(&actual);
}

static void a_changed_byte_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct records actual = five_records();
        struct str data = actual.items[i].data;
        for (size_t at = 0; at < data.len; at++) {
            char *byte = (char *)data.ptr + at;
            *byte ^= 1;
            assert_agree(&actual, false);
            *byte ^= 1;
        }
        assert_agree(&actual, true);
        records_set_key(&actual, i, STR("m"));
        assert_agree(&actual, false);
        records_release(&actual);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_records_agree),
        cmocka_unit_test(the_order_across_keys_means_nothing),
        cmocka_unit_test(a_missing_record_is_seen),
        cmocka_unit_test(an_extra_record_is_seen),
        cmocka_unit_test(a_doubled_record_is_seen),
        cmocka_unit_test(a_doubled_record_in_place_of_another_is_seen),
        cmocka_unit_test(two_swapped_records_of_a_key_are_seen),
        cmocka_unit_test(a_changed_byte_is_seen),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
