#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = 1200
};

static enum log_level least_level = LOG_INFO;
static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level least)
{
    least_level = least;
}

bool log_level_parse(struct str name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (str_equal(name, str_from_c(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static size_t write_prefix(char *line, enum log_level level)
{
    int64_t wall_us = clock_wall_us();
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return (size_t)snprintf(line, LINE_BYTES,
        "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ pg_kinesis: %s: ", utc.tm_year + 1900, utc.tm_mon + 1,
        utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(wall_us / 1000 % 1000),
        level_names[level]);
}

void log_event(enum log_level level, const char *format, ...)
{
    if (level < least_level)
        return;
    char line[LINE_BYTES + 1];
    size_t len = write_prefix(line, level);
    va_list args;
    va_start(args, format);
    vsnprintf(line + len, LINE_BYTES - len, format, args);
    va_end(args);

    for (char *c = line; (c = strchr(c, '\n'));)
        *c = ' ';
    len = strlen(line);
    line[len++] = '\n';
    // One write a line: lines of processes that share a descriptor do not mix. A line that cannot
    // be written has nowhere to be reported.
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}
