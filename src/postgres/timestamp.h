// timestamp - points in time as PostgreSQL writes them.
#ifndef PGK_POSTGRES_TIMESTAMP_H
#define PGK_POSTGRES_TIMESTAMP_H

#include "base/str.h"

#include <stdint.h>

// PostgreSQL counts microseconds from 2000-01-01 UTC.
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

// "2026-11-22 08:47:02.186642+05:30" (timestamptz in ISO style, any time zone) as microseconds
// since 1970 UTC; 0 when it is none, or has a year that has not four digits.
int64_t timestamp_parse(struct str text);

#endif
