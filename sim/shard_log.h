// shard_log - a shard's records in the order of their arrival, for ever.
//
// Memory: the log copies what it is given; a record costs 26 bytes besides its key and its data,
// and 16 more for an explicit hash key.
#ifndef SIM_SHARD_LOG_H
#define SIM_SHARD_LOG_H

#include "base/str.h"
#include "sim/hash_key.h"

#include <stdbool.h>

struct shard_log {
    struct log_page **pages;
    size_t pages_capacity;
    uint64_t count;
    struct log_block *block; // The newest; each leads to the one before it.
    int64_t began_ms;
    int64_t newest_ms;
};

struct log_record {
    struct str partition_key; // At most LOG_KEY_BYTES_MAX.
    struct str data;          // At most LOG_DATA_BYTES_MAX.
    int64_t arrived_ms;       // Never less than the record's before it.
    uint32_t request;         // The number of the request that brought it (replies.h).
    bool has_hash_key;        // An explicit one.
    hash_key_t hash_key;      // 0 without.
};

enum {
    LOG_KEY_BYTES_MAX = 0xffff,
    LOG_DATA_BYTES_MAX = 16 << 20,
};

void shard_log_init(struct shard_log *log, int64_t now_ms);
void shard_log_release(struct shard_log *log);

// Adds a record; its index is the count before. An arrival before the newest one is moved up to it:
// a wall clock may be set back, a shard's order may not.
void shard_log_append(struct shard_log *log, struct log_record record);

// The record at an index below the count; borrowed from the log.
struct log_record shard_log_at(const struct shard_log *log, uint64_t index);

// The first index whose record arrived at or after the time; the count when there is none.
uint64_t shard_log_since(const struct shard_log *log, int64_t time_ms);

#endif
