// epoch - since when PostgreSQL counts time.
#ifndef PGK_POSTGRES_EPOCH_H
#define PGK_POSTGRES_EPOCH_H

#include <stdint.h>

// PostgreSQL counts microseconds from 2000-01-01 UTC.
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

#endif
