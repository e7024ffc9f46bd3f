#include "cmocka_prelude.h"

#include "base/backoff.h"
#include "base/random.h"

static void waits_stay_under_a_ceiling_that_doubles(void **state)
{
    (void)state;
    struct random random = random_from(1);
    struct backoff backoff = {.first_ms = 50, .most_ms = 5000};
    int64_t longest_ms = 0;
    for (unsigned attempt = 1; attempt < 100; attempt++) {
        int64_t ceiling_ms = attempt < 8 ? 50 << (attempt - 1) : 5000;
        int64_t wait_ms = backoff_wait_ms(backoff, attempt, &random);
        assert_in_range(wait_ms, 1, ceiling_ms);
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
    }
    assert_true(longest_ms > 2500);
}

static void the_same_seed_waits_the_same(void **state)
{
    (void)state;
    struct random a = random_from(42);
    struct random b = random_from(42);
    struct backoff backoff = {.first_ms = 1000, .most_ms = 30000};
    for (unsigned attempt = 1; attempt < 20; attempt++)
        assert_int_equal(
            backoff_wait_ms(backoff, attempt, &a), backoff_wait_ms(backoff, attempt, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_stay_under_a_ceiling_that_doubles),
        cmocka_unit_test(the_same_seed_waits_the_same),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
