#include "base/clock.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

struct moment clock_moment(void)
{
    return (struct moment){.now_ms = clock_now_ms(), .wall_us = clock_wall_us()};
}

int clock_timeout_ms(int64_t now_ms, int64_t deadline_ms)
{
    if (deadline_ms == CLOCK_NEVER_MS)
        return -1;
    if (deadline_ms <= now_ms)
        return 0;
    int64_t left = deadline_ms - now_ms;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static void add_seconds(struct buf *buf, const struct tm *time)
{
    buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d", time->tm_year + 1900, time->tm_mon + 1,
        time->tm_mday, time->tm_hour, time->tm_min, time->tm_sec);
}

void clock_add_rfc3339_us(struct buf *buf, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    add_seconds(buf, &utc);
    buf_printf(buf, ".%06dZ", (int)(wall_us % 1000000));
}

void clock_add_rfc3339(struct buf *buf, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    add_seconds(buf, &local);
    long minutes = local.tm_gmtoff / 60;
    if (minutes == 0)
        buf_add_byte(buf, 'Z');
    else
        buf_printf(
            buf, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60);
}
