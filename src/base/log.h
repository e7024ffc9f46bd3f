// log - one line an event on standard error: time, program, level, text.
#ifndef PGK_BASE_LOG_H
#define PGK_BASE_LOG_H

#include "base/str.h"

#include <stdbool.h>

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR
};

// What is below the level is not written; LOG_INFO at first.
void log_set_level(enum log_level least);

// "debug", "info", "warning" or "error".
bool log_level_parse(struct str name, enum log_level *level);

// A line end inside the text becomes a blank: an event is a line.
void log_event(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
