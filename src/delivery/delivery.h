// delivery - from a record to its acknowledgement: order, requests, and what may be confirmed.
//
// It does no I/O and reads no clock. Records go in with their transactions, batches come out; a
// batch that comes back with its outcomes pays what it owes or goes back to the head of its lanes.
// What is promised:
//
//   - a record is sent only after every earlier record of its partition key is stored, or behind
//     it in one batch for a sink that keeps a batch's order; unless keys are spread over lanes;
//   - a record that the service put before its lane's last one, as their sequence numbers in one
//     shard say, is sent again until it is behind: so the last record of a key is its last change.
//     The lane is the unit of that, for what it sends was sent after the answer to its last record,
//     so for each of its keys the number must be greater; a key that was not concerned is stored
//     twice for it, no worse. A service that counts anew is believed at the fourth sending;
//   - a shard that throttles is given what it takes; records of other shards do not wait for it;
//   - delivery_flushed() never passes a record that is not stored;
//   - a batch that the service refuses as a whole (its err is ERR_DATA) comes again in halves, till
//     the one record that it refuses is alone; what then becomes of that one its caller decides;
//   - what is ready goes at once when the service is idle, unless it lingers. While requests are
//     out, or more is about to come, a part of a request waits to be filled, so they grow with the
//     load; but for DELIVERY_FILL_MS after the last one at most, so that none that stalls holds
//     others up;
//   - records take no more memory than the bound, but for the last one that was let in.
//
// Memory: delivery owns records from delivery_add() on, except while a batch has them.
#ifndef PGK_DELIVERY_DELIVERY_H
#define PGK_DELIVERY_DELIVERY_H

#include "base/random.h"
#include "delivery/barrier.h"
#include "delivery/gate.h"
#include "delivery/lane.h"
#include "delivery/ledger.h"
#include "delivery/newcomers.h"
#include "delivery/packer.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct record;

enum {
    DELIVERY_FILL_MS = 5
};

struct delivery_options {
    unsigned lane_bits;   // LANE_BITS_MAX; 0 for a sink that keeps the whole stream's order.
    unsigned spread_bits; // So many of them are dealt out in turn: a key has many lanes, and its
                          // records no order. 0: a key has one lane.
    enum packing packing;
    size_t memory_bytes_max;
    size_t entry_bytes_max; // Up to which a lane's records go as one entry; 0: each by itself.
    int64_t linger_ms;      // How long what is ready waits for company.
    uint64_t seed;          // For the jitter of retries.
};

struct delivery_counts {
    uint64_t stored; // Records.
    uint64_t entries_stored;
    uint64_t throttled; // Sendings of entries: one that fails twice counts twice.
    uint64_t failed;
    uint64_t unknown;
    uint64_t inverted; // Stored in the wrong order, as their sequence numbers say.
    uint64_t stored_bytes;
};

// Records of one transaction and one table, as most of a batch are: paid at once, and only while
// their batch is settled not yet.
struct payment {
    uint64_t entry;
    uint64_t table;
    uint64_t records;
};

struct delivery {
    struct delivery_options options;
    struct newcomers newcomers;
    struct lanes lanes;
    struct gates gates;
    struct ledger ledger;
    struct barrier barrier;
    struct payment payment;
    struct random random;
    size_t memory_bytes; // Of the records, queued and in flight.
    int64_t hold_until_ms;
    bool expects_more;
    size_t requests_out;
    int64_t sent_ms;        // The last one of them.
    int64_t ready_since_ms; // 0: nothing is ready.
    struct delivery_counts counts;
};

// `flushed` is where the stream starts.
void delivery_init(struct delivery *delivery, struct delivery_options options, lsn_t flushed);

// A batch that is out stays its taker's, with its records.
void delivery_release(struct delivery *delivery);

// Transactions come one after the other. Between delivery_begin() and delivery_commit() records
// are added, each of at most BATCH_BYTES_MAX in a request, to no fenced table. delivery_advance()
// says, outside of one, that the server has nothing more for us before that position.
void delivery_begin(struct delivery *delivery, uint32_t xid);
void delivery_add(struct delivery *delivery, struct record *record);
void delivery_commit(struct delivery *delivery, lsn_t end_lsn);
void delivery_advance(struct delivery *delivery, lsn_t lsn);

// False at the memory bound, against which counts what the sink holds besides, `other_bytes`. With
// nothing queued or in flight there is always room.
bool delivery_has_room(const struct delivery *delivery, size_t other_bytes);

// True while a record of the table is not stored yet.
bool delivery_owes_table(const struct delivery *delivery, uint64_t table);

// Nothing of the table may be added from now until it owes nothing; the caller asks. It owes
// something, and is not 0.
void delivery_fence(struct delivery *delivery, uint64_t table);
bool delivery_is_fenced(const struct delivery *delivery, uint64_t table);

// The next request, NULL when nothing may be sent now. Given to the caller until it is settled.
struct batch *delivery_next_batch(struct delivery *delivery, int64_t now_ms);

// Whether more is about to be added, for which a part of a request may wait. The last call counts.
void delivery_expect_more(struct delivery *delivery, bool expects_more);

// Takes the batch back and acts upon its outcomes. A record that is refused alone, and not skipped,
// is never sent again; its lane waits behind it.
void delivery_settle(struct delivery *delivery, struct batch *batch, int64_t now_ms);

// Send nothing before that time: the service refuses everything. The last call counts.
void delivery_hold(struct delivery *delivery, int64_t until_ms);

// The time from which delivery_next_batch() has something; CLOCK_NEVER_MS when a record must be
// added or a batch settled first. It has passed when there is something already: to sleep until
// then while the sink has no room would be to spin.
int64_t delivery_wake_at_ms(struct delivery *delivery);

lsn_t delivery_flushed(const struct delivery *delivery);

// True when every record that was added is stored.
bool delivery_is_idle(const struct delivery *delivery);

// True when nothing more can be delivered: every record is stored, or waits behind a refused one.
bool delivery_is_drained(const struct delivery *delivery);

// True when a batch is out.
bool delivery_is_in_flight(const struct delivery *delivery);

// The oldest transaction that owes, or that owed and is still open: everything before it is stored.
struct delivery_debt {
    uint32_t xid;     // 0: several share an entry, and which of them owes is not known.
    uint64_t ordinal; // Of its first change that is not stored; 0: all that was added is.
};

// False when there is none. No batch is out.
bool delivery_oldest_debt(struct delivery *delivery, struct delivery_debt *debt);

// Throw away what is queued and forget every debt: a new connection begins at `flushed`, and the
// server will send again what follows. No batch is out.
void delivery_restart(struct delivery *delivery, lsn_t flushed);

#endif
