// host - what the program takes for its host: clocks, signals, poll() and standard error. Linked in
// the place of base/clock_host.c, base/wait.c, base/log.c and app/signals.c.
#include "app/signals.h"
#include "base/clock.h"
#include "base/log.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>

static const int64_t wall_starts_us = 1795000000000000;

int64_t clock_now_ms(void)
{
    return world.now_ms;
}

int64_t clock_wall_us(void)
{
    return wall_starts_us + world.now_ms * 1000;
}

bool wait_poll(struct wait_fd *fds, size_t count, int timeout_ms)
{
    world_poll(fds, count, timeout_ms);
    return true;
}

void signals_open(void)
{
}

int signals_fd(void)
{
    return HOST_SIGNALS_FD;
}

bool signals_ask_to_leave(void)
{
    return world.asked_to_leave;
}

void log_set_level(enum log_level least)
{
    (void)least;
}

bool log_level_parse(struct str name, enum log_level *level)
{
    (void)name;
    (void)level;
    return false;
}

void log_event(enum log_level level, const char *format, ...)
{
    (void)level;
    if (!world.tracing)
        return;
    char line[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    world_trace("pg_kinesis says: %s", line);
}
