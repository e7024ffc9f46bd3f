// reshard - shards of a stream give way to others while it is written.
//
// A shard that is split or merged is closed: it keeps its records and takes no more. Its children
// take over its hash keys, and their sequence numbers are after all of its own.
#ifndef SIM_RESHARD_H
#define SIM_RESHARD_H

#include "sim/streams.h"

// Closes the open shard at a place for two others: one of the hash keys below the given one, which
// is inside of its range and not its first, and one of the rest.
void reshard_split(struct streams *streams, struct stream *stream, uint32_t place,
    hash_key_t second_first_key, int64_t now_ms);

// Closes the open shards at a place and at the next for one.
void reshard_merge(struct streams *streams, struct stream *stream, uint32_t place, int64_t now_ms);

// Splits the widest and merges the narrowest until so many are open.
void reshard_to_count(
    struct streams *streams, struct stream *stream, uint32_t count, int64_t now_ms);

#endif
