// streams - the streams there are, their shards, and where in them a record goes.
//
// Memory: streams own their shards and these their records. A deleted stream is found no more, but
// what it held stays, for the verdict on who wrote it.
#ifndef SIM_STREAMS_H
#define SIM_STREAMS_H

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
    int64_t closed_ms; // When it was split or merged and took its last record; 0: it is open.
    int64_t epoch_s;   // In its sequence numbers the second of its creation: after its parents'.
    uint32_t parents[SHARD_PARENTS_MAX]; // By number: one of a split, two of a merge.
    uint32_t parents_count;
    uint64_t log_number; // No other shard of any stream had it.
    struct shard_log log;
    struct shard_pace pace;
};

enum stream_status {
    STREAM_ACTIVE,
    STREAM_CREATING, // It takes no record yet.
    STREAM_UPDATING, // It takes records, and no other change.
    STREAM_DELETING, // It takes no record any more.
};

struct stream {
    char name[STREAM_NAME_BYTES_MAX + 1];
    bool on_demand;
    bool distributes; // It places records as it likes: the strategy AUTO.
    enum stream_status status;
    int64_t status_until_ms;
    int64_t created_ms;
    uint32_t record_kib_max;
    struct shard *shards; // By number, those that are closed too.
    uint32_t shards_count;
    uint32_t shards_capacity;
    uint32_t *open; // Numbers in the order of the hash keys, without gaps.
    uint32_t open_count;
    uint32_t open_capacity;
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

struct shard_plan {
    hash_key_t first_key;
    hash_key_t last_key;
    uint32_t parents[SHARD_PARENTS_MAX];
    uint32_t parents_count;
    int64_t epoch_s; // At the earliest.
};

// [a-zA-Z0-9_.-]{1,128}
bool stream_name_is_valid(struct str name);

void streams_init(struct streams *streams);
void streams_release(struct streams *streams);

// NULL when the name is taken.
struct stream *streams_create(struct streams *streams, struct stream_plan plan, int64_t now_ms);

// Ends what lasts no longer: a stream that was being deleted is gone then.
void streams_settle(struct streams *streams, int64_t now_ms);

// NULL when there is none.
struct stream *streams_find(const struct streams *streams, struct str name);
void streams_delete(struct streams *streams, struct stream *stream);

// The streams there are and were.
size_t streams_ever(const struct streams *streams);
const struct stream *streams_ever_at(const struct streams *streams, size_t index);

// The index of the first stream whose name comes after the given one.
size_t streams_after(const struct streams *streams, struct str name);

// "ACTIVE"
struct str stream_status_name(const struct stream *stream);

// Another shard of these hash keys, born of those parents; whoever adds it opens it. Moves the
// others.
struct shard *stream_add_shard(
    struct streams *streams, struct stream *stream, const struct shard_plan *plan, int64_t now_ms);

// The place among the open ones of the shard whose range holds the key.
uint32_t stream_place_of(const struct stream *stream, hash_key_t key);
// That shard.
struct shard *stream_shard_for(struct stream *stream, hash_key_t key);

bool shard_is_parent(const struct shard *shard, const struct shard *child);

// The sequence number of the record at a position of the shard's log.
struct sequence shard_sequence(const struct shard *shard, uint64_t position, int64_t arrived_ms);

// The sequence number before that of every record, and that behind all of a closed shard's.
struct sequence shard_first_sequence(const struct shard *shard);
struct sequence shard_last_sequence(const struct shard *shard);

// "shardId-000000000000"; false when the text is no shard's identifier.
bool shard_id_parse(struct str text, uint32_t *number);
void shard_id_write(struct buf *buf, uint32_t number);

#endif
