// differences - where pg_kinesis differs from the original on purpose, written by hand.
//
// README.md says why. Nothing here was produced by pg_kinesis.
#ifndef PGK_TESTS_GOLDEN_DIFFERENCES_H
#define PGK_TESTS_GOLDEN_DIFFERENCES_H

#include "records.h"

struct relation;

// What stands for the time of receipt in every record.
#define GOLDEN_TIME "2026-11-22T00:00:00Z"

// Makes the original's records of a scenario those that are expected of us.
void differences_apply(const char *scenario, struct records *expected);

// Sets the primary key where the original did not know it, or not in the index's order; false where
// it did.
bool differences_set_key(const char *scenario, struct relation *relation);

#endif
