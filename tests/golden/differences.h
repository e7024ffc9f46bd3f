// differences - where pg_kinesis differs from the original on purpose: differences.json, by hand.
//
// README.md says why, and what the file holds. Nothing in it was produced by pg_kinesis.
#ifndef PGK_TESTS_GOLDEN_DIFFERENCES_H
#define PGK_TESTS_GOLDEN_DIFFERENCES_H

#include "records.h"

struct relation;
struct differences;

// What stands for the time of receipt in every record.
#define GOLDEN_TIME    "2026-11-22T00:00:00Z"
#define GOLDEN_OPENING "{\"time\":\"" GOLDEN_TIME "\",\"lsn\":\""

// Those of one scenario, read from the directory's file. It ends the program when it cannot.
struct differences *differences_read(const char *directory, const char *scenario);
void differences_free(struct differences *differences);

// Makes the original's records of the scenario those that are expected of us.
void differences_apply(const struct differences *differences, struct records *expected);

// Sets the primary key where the original did not know it, or not in the index's order; false where
// it did.
bool differences_set_key(const struct differences *differences, struct relation *relation);

#endif
