// aggregate - rows of one lane as one Kinesis record, in the format of Amazon's producer library.
//
// Its consumer library, Firehose and aws-kinesis-agg take it apart again
// (https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md):
//
//   F3 89 9A C2   a protobuf message   the MD5 of the message
//
//   message AggregatedRecord {
//     repeated string partition_key_table = 1;
//     repeated string explicit_hash_key_table = 2;
//     repeated Record records = 3;
//   }
//   message Record {
//     required uint64 partition_key_index = 1;
//     optional uint64 explicit_hash_key_index = 2;
//     required bytes data = 3;
//   }
//
// Each row has its own partition key, which stands there once for neighbours that share it. All
// have one explicit hash key, which must be that of the whole: the consumer library drops an
// aggregate, and tells nobody, when one of its rows does not belong to the shard where it lies.
#ifndef PGK_MODEL_AGGREGATE_H
#define PGK_MODEL_AGGREGATE_H

#include "base/md5.h"
#include "base/str.h"

#include <stddef.h>

struct buf;
struct record;

// An aggregate is billed by its units of 25 KB, so we fill whole ones; and it takes a fifth of what
// a shard takes in a second at most, so that a shard's lanes get their turns.
enum {
    PUT_UNIT_BYTES = 25600,
    AGGREGATE_BYTES_MAX = 8 * PUT_UNIT_BYTES,
    AGGREGATES_SEALED_MAX = MD5_AT_ONCE
};

// The partition key of an aggregate, as the producer library's: its hash key tells where it goes.
#define AGGREGATE_PARTITION_KEY "a"

// What rows weigh in a request as one record, data and partition key: one row by itself, several as
// an aggregate, which weighs 3 bytes less than said if its hash key is short. It borrows the last.
struct aggregate_size {
    const struct record *last;
    size_t rows;
    size_t keys;
    size_t table_bytes;
    size_t record_bytes;
};

struct aggregate_size aggregate_size_of(const struct record *first);

// The size with one more row behind.
struct aggregate_size aggregate_size_with(struct aggregate_size size, const struct record *next);

size_t aggregate_size_bytes(const struct aggregate_size *size);

// Adds the aggregate of the records from the first one to the last by record->next, without its
// partition key, and with zeros where its MD5 will stand.
void aggregate_write(struct buf *buf, const struct record *first, struct str hash_key);

// Writes the MD5s into at most AGGREGATES_SEALED_MAX aggregates, which stand in buf one behind the
// other, and nothing before them. Each ends at its `ends`.
void aggregates_seal(struct buf *buf, const size_t *ends, size_t count);

#endif
