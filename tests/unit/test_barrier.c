#include "cmocka_prelude.h"

#include "base/random.h"
#include "delivery/barrier.h"

static struct barrier barrier;

static int set_up(void **state)
{
    (void)state;
    barrier_init(&barrier);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    barrier_release(&barrier);
    return 0;
}

static void a_table_owes_until_its_last_record_is_paid(void **state)
{
    (void)state;
    assert_false(barrier_owes(&barrier, 7));
    barrier_owe(&barrier, 7);
    barrier_owe(&barrier, 7);

    assert_true(barrier_owes(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_true(barrier_owes(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_false(barrier_owes(&barrier, 7));
}

static void several_records_are_paid_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        barrier_owe(&barrier, 7);

    barrier_pay(&barrier, 7, 4);
    assert_true(barrier_owes(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_false(barrier_owes(&barrier, 7));
}

static void tables_owe_each_for_itself(void **state)
{
    (void)state;
    barrier_owe(&barrier, 7);
    barrier_owe(&barrier, 8);
    barrier_fence(&barrier, 8);

    assert_false(barrier_owes(&barrier, 9));
    assert_false(barrier_is_fenced(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_false(barrier_owes(&barrier, 7));
    assert_true(barrier_owes(&barrier, 8));
}

static void no_table_never_owes(void **state)
{
    (void)state;
    barrier_owe(&barrier, 0);
    assert_false(barrier_owes(&barrier, 0));
    assert_false(barrier_is_fenced(&barrier, 0));
    barrier_pay(&barrier, 0, 1);

    barrier_owe(&barrier, 7);
    assert_false(barrier_owes(&barrier, 0));
}

static void a_fence_stands_until_the_table_owes_nothing(void **state)
{
    (void)state;
    barrier_owe(&barrier, 7);
    barrier_owe(&barrier, 7);
    assert_false(barrier_is_fenced(&barrier, 7));
    barrier_fence(&barrier, 7);

    assert_true(barrier_is_fenced(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_true(barrier_is_fenced(&barrier, 7));
    barrier_pay(&barrier, 7, 1);
    assert_false(barrier_is_fenced(&barrier, 7));
}

static void a_fence_does_not_come_back_with_the_next_debt(void **state)
{
    (void)state;
    barrier_owe(&barrier, 7);
    barrier_fence(&barrier, 7);
    barrier_pay(&barrier, 7, 1);

    barrier_owe(&barrier, 7);

    assert_false(barrier_is_fenced(&barrier, 7));
}

static void the_fence_of_a_table_outlasts_those_of_others(void **state)
{
    (void)state;
    barrier_owe(&barrier, 7);
    barrier_owe(&barrier, 8);
    barrier_fence(&barrier, 7);
    barrier_fence(&barrier, 7);
    barrier_fence(&barrier, 8);

    barrier_pay(&barrier, 7, 1);

    assert_true(barrier_is_fenced(&barrier, 8));
    barrier_pay(&barrier, 8, 1);
    barrier_owe(&barrier, 8);
    assert_false(barrier_is_fenced(&barrier, 8));
    assert_int_equal(barrier.fenced, 0);
}

static void fences_survive_growth(void **state)
{
    (void)state;
    barrier_owe(&barrier, 7);
    barrier_fence(&barrier, 7);

    for (uint64_t table = 1000; table < 2000; table++)
        barrier_owe(&barrier, table);

    assert_true(barrier_is_fenced(&barrier, 7));
}

static void tables_that_come_and_go_take_no_memory(void **state)
{
    (void)state;
    barrier_owe(&barrier, 1);
    size_t capacity = barrier.capacity;

    for (uint64_t table = 2; table < 10000; table++) {
        barrier_owe(&barrier, table);
        barrier_pay(&barrier, table - 1, 1);
    }

    assert_int_equal(barrier.capacity, capacity);
    assert_int_equal(barrier.count, 1);
}

// Tables that share their low bits, so that probes run long and around the end, against a plain
// array of counts.
static void any_order_of_debts_and_payments_agrees_with_counting(void **state)
{
    (void)state;
    enum {
        TABLES = 60,
        STEPS = 20000
    };
    uint64_t owed[TABLES] = {0};
    struct random random = random_from(1);

    for (int step = 0; step < STEPS; step++) {
        size_t at = random_below(&random, TABLES);
        uint64_t table = (uint64_t)(at + 1) << 32 | (60 + at % 6);
        if (owed[at] > 0 && random_below(&random, 2) == 0) {
            barrier_pay(&barrier, table, 1);
            owed[at]--;
        } else if (owed[at] < 3) {
            barrier_owe(&barrier, table);
            owed[at]++;
        }
        size_t checked = random_below(&random, TABLES);
        uint64_t checked_table = (uint64_t)(checked + 1) << 32 | (60 + checked % 6);
        assert_int_equal(barrier_owes(&barrier, checked_table), owed[checked] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_table_owes_until_its_last_record_is_paid),
        FACT(several_records_are_paid_at_once),
        FACT(tables_owe_each_for_itself),
        FACT(no_table_never_owes),
        FACT(a_fence_stands_until_the_table_owes_nothing),
        FACT(a_fence_does_not_come_back_with_the_next_debt),
        FACT(the_fence_of_a_table_outlasts_those_of_others),
        FACT(fences_survive_growth),
        FACT(tables_that_come_and_go_take_no_memory),
        FACT(any_order_of_debts_and_payments_agrees_with_counting),
    };
    return cmocka_run_group_tests_name("barrier", tests, NULL, NULL);
}
