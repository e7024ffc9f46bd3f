// matching - the server's verdict on whether a table is selected, by regular expressions.
#ifndef PGK_SIMULATION_MATCHING_H
#define PGK_SIMULATION_MATCHING_H

#include "answers.h"

#include <stdbool.h>

// The arrays are those of catalog_query's selection; the table's schema is public, on search_path.
bool matching_selects(const char arrays[][PARAMETER_BYTES], const char *name);

#endif
