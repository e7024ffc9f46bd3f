// entry_shape - how the next entry of a reply to PutRecords will look: like the one before it.
//
// Entries of stored records differ in the digits of two texts and in nothing else. So one that was
// read as any value of a document is read shows how those to come will look, and what looks like it
// is compared with it and not read: a quarter of the work.
//
// An entry that fits is one that reading would find well formed and take for the same. Byte by byte
// it is one that was read, but for two texts which are written there as they are, and which are as
// long and as plain as those that stood there. Whatever else comes does not fit.
#ifndef PGK_KINESIS_ENTRY_SHAPE_H
#define PGK_KINESIS_ENTRY_SHAPE_H

#include "base/sixteen_bytes.h"
#include "base/str.h"

struct placement;

enum {
    ENTRY_SHAPE_BLOCKS_MAX = 16,
    ENTRY_SHAPE_BYTES_MAX = ENTRY_SHAPE_BLOCKS_MAX * SIXTEEN // An entry has 110 in JSON.
};

// A text's place in an entry.
struct entry_span {
    size_t at;
    size_t len;
};

// Sixteen bytes of an entry, some of which have to be as they are here.
struct entry_block {
    size_t at;
    sixteen_bytes bytes;
    sixteen_bytes fixed; // All bits of those, none of the others.
};

struct entry_shape {
    size_t len; // Of each such entry; 0: none was learned.
    struct entry_span sequence_number;
    struct entry_span shard_id;
    size_t blocks_count; // They cover all but these two.
    struct entry_block blocks[ENTRY_SHAPE_BLOCKS_MAX];

    size_t kept_len;
    char kept[ENTRY_SHAPE_BYTES_MAX];
};

void entry_shape_init(struct entry_shape *shape);

// Keeps a copy of an entry that is about to be read, and of what follows it as far as there is
// room: reading spends the bytes, and of one that it changed nothing can be learned.
void entry_shape_keep(struct entry_shape *shape, struct str rest);

// What was read: all bytes of an entry, and the texts that it tells.
struct stored_entry {
    struct str bytes;
    struct str sequence_number;
    struct str shard_id;
};

// Learns from an entry that was kept and then read, and tells of a stored record. What was learned
// before stays where it shows nothing: it was changed, is too long, or its texts are not in the
// service's form.
void entry_shape_learn(struct entry_shape *shape, const struct stored_entry *entry);

// The length of the entry that rest begins with, and its placement, all of which is known; 0 when
// it does not fit: then it is to be read, and *placement means nothing.
size_t entry_shape_fit(
    const struct entry_shape *shape, struct str rest, struct placement *placement);

#endif
