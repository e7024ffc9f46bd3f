// clock - the two times there are: one to measure with, one to show.
//
// Only the ends of the program read a clock, once a turn, and pass the time down; what decides by
// time takes it as a parameter, so a test moves it at will.
#ifndef PGK_BASE_CLOCK_H
#define PGK_BASE_CLOCK_H

#include "base/buf.h"

#include <stdint.h>

// Milliseconds that only grow; zero is somewhere in the past.
int64_t clock_now_ms(void);

// Microseconds since 1970-01-01 UTC, as the host believes.
int64_t clock_wall_us(void);

// Both, read once a turn.
struct moment {
    int64_t now_ms;
    int64_t wall_us;
};
struct moment clock_moment(void);

// "never", for a deadline.
#define CLOCK_NEVER_MS INT64_MAX

// The milliseconds from now to a deadline for poll(): 0 when it has passed, -1 for never.
int clock_timeout_ms(int64_t now_ms, int64_t deadline_ms);

// A wall time as RFC 3339 in the host's time zone (TZ), whole seconds, "Z" when that is UTC.
void clock_add_rfc3339(struct buf *buf, int64_t wall_us);

// The same to the microsecond, in UTC, whatever the host's zone. Not before 1970.
void clock_add_rfc3339_us(struct buf *buf, int64_t wall_us);

#endif
