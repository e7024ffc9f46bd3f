// sequence_number_of - a sequence number for tests that count their own.
#ifndef PGK_TESTS_SEQUENCE_NUMBER_OF_H
#define PGK_TESTS_SEQUENCE_NUMBER_OF_H

#include "model/placement.h"

#include <inttypes.h>
#include <stdio.h>

static inline struct sequence_number sequence_number_of(uint64_t number)
{
    char decimal[sizeof "18446744073709551615"];
    snprintf(decimal, sizeof decimal, "%" PRIu64, number);
    return sequence_number_parse(str_from_c(decimal));
}

#endif
