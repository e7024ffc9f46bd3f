// limits - what AWS allows: sizes that always hold, and a shard's pace.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LIMIT_REQUEST_RECORDS = 500,
    LIMIT_REQUEST_BYTES = 10 << 20, // Data and partition keys, before Base64.
    LIMIT_DATA_BYTES = 10 << 20,
    LIMIT_KEY_UNITS = 256,       // UTF-16 code units: the service counts as Java does.
    LIMIT_SHARD_RECORDS = 1000,  // A second.
    LIMIT_SHARD_BYTES = 1 << 20, // A second.
    LIMIT_READ_RECORDS = 10000,
    LIMIT_READ_BYTES = 10 << 20,
    LIMIT_RECORD_KIB_DEFAULT = 1024,
    LIMIT_RECORD_KIB_MAX = 10240,
    LIMIT_STREAM_SHARDS = 10000,
    LIMIT_ITERATOR_AGE_MS = 300000,
};

// What a shard may still take: two buckets of one second's worth, filled evenly.
struct shard_pace {
    int64_t filled_ms;
    double records;
    double bytes; // Below zero after a record larger than the bucket.
};

void shard_pace_init(struct shard_pace *pace, int64_t now_ms);

// Takes one record of so many bytes, or says that the shard is over its rate and takes nothing. A
// record larger than the bucket needs it full and leaves it in debt.
bool shard_pace_take(struct shard_pace *pace, size_t bytes, int64_t now_ms);

#endif
