#include "cmocka_prelude.h"

#include "delivery/lane.h"
#include "delivery/newcomers.h"
#include "model/record.h"

enum {
    MANY = 3 * NEWCOMERS_MAX + 1
};

static struct lanes lanes;
static struct newcomers newcomers;

static void begin(unsigned lane_bits, unsigned spread_bits)
{
    lanes_init(&lanes, lane_bits);
    newcomers_init(&newcomers, lane_bits, spread_bits);
}

static int set_up(void **state)
{
    (void)state;
    begin(14, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    newcomers_clear(&newcomers);
    lanes_release(&lanes);
    return 0;
}

static void begin_anew(unsigned lane_bits, unsigned spread_bits)
{
    tear_down(NULL);
    begin(lane_bits, spread_bits);
}

static struct record *add(struct str key, uint64_t ordinal)
{
    struct record *record = record_new(key, STR(""));
    record->ordinal = ordinal;
    newcomers_add(&newcomers, &lanes, record);
    return record;
}

// MD5("a") begins with 0cc1 and MD5("b") with 92eb.
static void a_lane_is_the_top_bits_of_the_md5_of_the_key(void **state)
{
    (void)state;
    const struct {
        unsigned bits;
        uint32_t a;
        uint32_t b;
    } cases[] = {{0, 0, 0}, {1, 0, 1}, {6, 0x03, 0x24}, {14, 0x330, 0x24ba}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_anew(cases[i].bits, 0);
        const struct record *a = add(STR("a"), 1);
        const struct record *b = add(STR("b"), 2);

        newcomers_place(&newcomers, &lanes);

        assert_int_equal(a->lane, cases[i].a);
        assert_int_equal(b->lane, cases[i].b);
    }
}

static void a_key_that_is_spread_is_dealt_out_among_lanes_next_to_each_other(void **state)
{
    (void)state;
    begin_anew(14, 2);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct record *record = add(STR("a"), i);
        newcomers_place(&newcomers, &lanes);
        assert_int_equal(record->lane, 0x330 + i % 4);
    }
}

static void what_comes_first_is_first_in_its_lane(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        add(STR("a"), i);
    newcomers_place(&newcomers, &lanes);

    const struct record *record = lanes_peek(&lanes);

    for (uint64_t i = 0; i < MANY; i++, record = record->next)
        assert_int_equal(record->ordinal, i);
    assert_null(record);
}

static void as_many_as_can_be_hashed_at_once_wait_for_nobody(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < NEWCOMERS_MAX; i++)
        add(STR("a"), i);
    assert_null(lanes_peek(&lanes));

    add(STR("a"), NEWCOMERS_MAX);

    assert_int_equal(newcomers.count, 0);
    assert_int_equal(lanes.queued, NEWCOMERS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_lane_is_the_top_bits_of_the_md5_of_the_key),
        FACT(a_key_that_is_spread_is_dealt_out_among_lanes_next_to_each_other),
        FACT(what_comes_first_is_first_in_its_lane),
        FACT(as_many_as_can_be_hashed_at_once_wait_for_nobody),
    };
    return cmocka_run_group_tests_name("newcomers", tests, NULL, NULL);
}
