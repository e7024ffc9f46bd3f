#include "cmocka_prelude.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static void shows_the_hosts_zone(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 200);
    setenv("TZ", "UTC", 1);
    tzset();
    clock_add_rfc3339(&buf, 1445444940999999);
    setenv("TZ", "XXX-5:30", 1);
    tzset();
    clock_add_rfc3339(&buf, 1445444940000000);
    setenv("TZ", "XXX+3:30", 1);
    tzset();
    clock_add_rfc3339(&buf, 1445444940000000);
    assert_string_equal(
        buf_c(&buf), "2015-10-21T16:29:00Z2015-10-21T21:59:00+05:302015-10-21T12:59:00-03:30");
    buf_release(&buf);
}

static void shows_microseconds_in_utc_whatever_the_zone(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 200);
    setenv("TZ", "XXX-5:30", 1);
    tzset();
    clock_add_rfc3339_us(&buf, 1445444940000042);
    assert_string_equal(buf_c(&buf), "2015-10-21T16:29:00.000042Z");
    buf_release(&buf);
}

static void a_timeout_is_never_negative_but_for_never(void **state)
{
    (void)state;
    assert_int_equal(clock_timeout_ms(10, 5), 0);
    assert_int_equal(clock_timeout_ms(10, 17), 7);
    assert_int_equal(clock_timeout_ms(0, CLOCK_NEVER_MS), -1);
    assert_int_equal(clock_timeout_ms(0, CLOCK_NEVER_MS - 1), 2147483647);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_hosts_zone),
        cmocka_unit_test(shows_microseconds_in_utc_whatever_the_zone),
        cmocka_unit_test(a_timeout_is_never_negative_but_for_never),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
