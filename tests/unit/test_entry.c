#include "cmocka_prelude.h"

#include "delivery/entry.h"
#include "model/aggregate.h"
#include "model/record.h"

enum {
    RECORDS = 40,
    DATA_BYTES = 100
};

static const char zeros[1000];
static struct record *first;

// Records of one lane with keys of their own.
static int set_up(void **state)
{
    (void)state;
    for (int i = RECORDS; i-- > 0;) {
        char key = (char)('0' + i);
        struct record *record = record_new((struct str){&key, 1}, (struct str){zeros, DATA_BYTES});
        record->next = first;
        first = record;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    record_free_chain(first);
    first = NULL;
    return 0;
}

static struct record *record_at(int place)
{
    struct record *record = first;
    while (place-- > 0)
        record = record->next;
    return record;
}

static size_t weight_of(size_t records)
{
    struct aggregate_size size = aggregate_size_of(first);
    while (size.rows < records)
        size = aggregate_size_with(size, size.last->next);
    return aggregate_size_bytes(&size);
}

static void assert_entry(struct entry_limits limits, size_t records, size_t records_max)
{
    struct entry entry = entry_from(first, limits);
    assert_int_equal(entry.records, records);
    assert_int_equal(entry.bytes, weight_of(records));
    assert_int_equal(entry.records_max, records_max);
}

static void without_a_limit_each_record_goes_alone(void **state)
{
    (void)state;

    assert_entry((struct entry_limits){.bytes_max = 0, .records_max = SIZE_MAX}, 1, SIZE_MAX);
}

static void an_entry_has_as_many_records_as_weigh_its_limit(void **state)
{
    (void)state;
    for (size_t records = 2; records <= RECORDS; records++) {
        struct entry_limits limits = {.bytes_max = weight_of(records), .records_max = SIZE_MAX};
        assert_entry(limits, records, SIZE_MAX);
        limits.bytes_max--;
        assert_entry(limits, records - 1, SIZE_MAX);
    }
}

static void an_entry_has_no_more_records_than_are_wanted(void **state)
{
    (void)state;
    for (size_t records = 1; records <= RECORDS; records++)
        assert_entry((struct entry_limits){.bytes_max = SIZE_MAX, .records_max = records}, records,
            SIZE_MAX);
}

static void the_oldest_record_goes_however_large_it_is(void **state)
{
    (void)state;

    assert_entry((struct entry_limits){.bytes_max = 1, .records_max = SIZE_MAX}, 1, SIZE_MAX);
}

static void a_suspect_goes_in_the_company_it_may_have(void **state)
{
    (void)state;
    const struct entry_limits limits = {.bytes_max = SIZE_MAX, .records_max = SIZE_MAX};
    record_at(5)->records_max = 3; // It would be the sixth.
    assert_entry(limits, 5, SIZE_MAX);

    record_at(5)->records_max = 0;
    record_at(1)->records_max = 3;
    assert_entry(limits, 3, 3);

    record_at(0)->records_max = 1;
    assert_entry(limits, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(without_a_limit_each_record_goes_alone),
        FACT(an_entry_has_as_many_records_as_weigh_its_limit),
        FACT(an_entry_has_no_more_records_than_are_wanted),
        FACT(the_oldest_record_goes_however_large_it_is),
        FACT(a_suspect_goes_in_the_company_it_may_have),
    };
    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
