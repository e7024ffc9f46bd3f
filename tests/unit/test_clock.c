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

static int64_t host_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void time_passes_as_it_does_on_the_host(void **state)
{
    (void)state;
    int64_t before_ms = host_us(CLOCK_MONOTONIC) / 1000;
    int64_t now_ms = clock_now_ms();
    assert_in_range(now_ms, before_ms, host_us(CLOCK_MONOTONIC) / 1000);

    int64_t before_us = host_us(CLOCK_REALTIME);
    int64_t wall_us = clock_wall_us();
    assert_in_range(wall_us, before_us, host_us(CLOCK_REALTIME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_hosts_zone),
        cmocka_unit_test(shows_microseconds_in_utc_whatever_the_zone),
        cmocka_unit_test(a_timeout_is_never_negative_but_for_never),
        cmocka_unit_test(time_passes_as_it_does_on_the_host),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
