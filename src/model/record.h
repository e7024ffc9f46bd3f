// record - one encoded change on its way to the stream: header and bytes in one allocation.
//
// A record is owned by exactly one of its lane or a batch.
#ifndef PGK_MODEL_RECORD_H
#define PGK_MODEL_RECORD_H

#include "base/str.h"
#include "model/lsn.h"

#include <stddef.h>
#include <stdint.h>

struct record {
    struct record *next; // Its follower in a lane's queue, or in its entry of a request.
    uint64_t entry;      // The ledger entry that storing it pays.
    uint64_t table;      // relation->table; 0 when it comes from no table.
    lsn_t lsn;
    uint64_t ordinal; // Its change's place in the transaction.
    uint32_t lane;
    uint32_t attempts;    // How often it was sent.
    uint32_t records_max; // Of a batch that it may be in, once one with it was refused; 0: any.
    uint32_t key_len;
    uint32_t data_len;
    uint32_t inversions; // How often it was stored, but not behind what came before it.
    char bytes[];        // The partition key, then the data.
};

// Copies both. The rest of the header is zero.
struct record *record_new(struct str partition_key, struct str data);
void record_free(struct record *record);

// With all that are chained to it by record->next.
void record_free_chain(struct record *first);

struct str record_key(const struct record *record);
struct str record_data(const struct record *record);

// What a record weighs against the memory bound: header, key and data, as they are allocated.
size_t record_memory_bytes(const struct record *record);

// What a record weighs in a PutRecords request: data and partition key, before Base64.
// (API reference, PutRecords: "including partition keys".)
size_t record_request_bytes(const struct record *record);

// Asks the memory for the record's bytes, which its next reader will not wait for then.
void record_fetch(const struct record *record);

#endif
