// expected - what a change's record must say, written anew from what docs/records.md promises.
#ifndef PGK_SIMULATION_EXPECTED_H
#define PGK_SIMULATION_EXPECTED_H

struct buf;
struct committed;

// Adds the record from its member "table" on: all that does not depend on the time of day.
void expected_record(struct buf *record, const struct committed *change);

// Adds the partition key.
void expected_key(struct buf *key, const struct committed *change);

#endif
