// streams - the streams there are, their shards, and where in them a record goes.
//
// Memory: streams own their shards and these their records. A deleted stream is found no more, but
// what it held stays, for the verdict on who wrote it.
#ifndef SIM_STREAMS_H
#define SIM_STREAMS_H

#include "base/str.h"
#include "sim/hash_key.h"
#include "sim/limits.h"
#include "sim/sequence.h"
#include "sim/shard_log.h"

enum {
    STREAM_NAME_BYTES_MAX = 128,
    SHARD_PARENTS_MAX = 2,
};

// The account that every stream belongs to, as in AWS's texts and ARNs.
#define STREAM_ACCOUNT "000000000000"

struct shard {
    uint32_t number; // Its identifier is "shardId-" and these twelve digits.
    hash_key_t first_key;
    hash_key_t last_key; // Inclusive.
    int64_t created_ms;
    uint32_t parents[SHARD_PARENTS_MAX]; // By number: one of a split, two of a merge.
    uint32_t parents_count;
    uint64_t log_number; // No other shard of any stream had it.
    struct shard_log log;
    struct shard_pace pace;
};

struct stream {
    char name[STREAM_NAME_BYTES_MAX + 1];
    bool on_demand;
    int64_t created_ms;
    uint32_t record_kib_max;
    struct shard *shards; // In the order of their hash keys, without gaps.
    uint32_t shards_count;
};

struct streams {
    struct stream **sorted; // By name.
    size_t count;
    size_t capacity;
    struct stream **deleted; // In the order of their deletion.
    size_t deleted_count;
    size_t deleted_capacity;
    uint64_t logs_count;
};

struct stream_plan {
    struct str name;
    uint32_t shards_count; // 1 or more.
    uint32_t record_kib_max;
    bool on_demand;
};

// [a-zA-Z0-9_.-]{1,128}
bool stream_name_is_valid(struct str name);

void streams_init(struct streams *streams);
void streams_release(struct streams *streams);

// NULL when the name is taken.
struct stream *streams_create(struct streams *streams, struct stream_plan plan, int64_t now_ms);

// NULL when there is none.
struct stream *streams_find(const struct streams *streams, struct str name);
void streams_delete(struct streams *streams, struct stream *stream);

// The streams there are and were.
size_t streams_ever(const struct streams *streams);
const struct stream *streams_ever_at(const struct streams *streams, size_t index);

// The index of the first stream whose name comes after the given one.
size_t streams_after(const struct streams *streams, struct str name);

// The shard whose range holds the key.
struct shard *stream_shard_for(struct stream *stream, hash_key_t key);

// The sequence number of the record at a position of the shard's log.
struct sequence shard_sequence(const struct shard *shard, uint64_t position, int64_t arrived_ms);

// The sequence number before that of every record.
struct sequence shard_first_sequence(const struct shard *shard);

// "shardId-000000000000"; false when the text is no shard's identifier.
bool shard_id_parse(struct str text, uint32_t *number);
void shard_id_write(struct buf *buf, uint32_t number);

#endif
