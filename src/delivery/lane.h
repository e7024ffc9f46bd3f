// lane - the unit of order: a queue of records of which nothing newer overtakes anything older.
//
// A partition key belongs to one lane, by the top bits of its MD5, so a lane's records fall into
// one shard (until there are more shards than lanes). What a lane has sent must come back before it
// sends again; what failed goes back to its head and waits.
//
//                   push                     take                    all back, all stored
//          IDLE ------------> READY ------------------> IN FLIGHT --------------------> IDLE, READY
//                             |   ^                         | all back, some failed
//                   park, admit   +------- time is up ---- WAITING
//
// A lane also remembers where its last record was stored. What it sends next was sent after that
// was known, so in the same shard its sequence number must be greater: then it is for each of the
// lane's keys, too. (Where the border between two shards cuts a lane, it alternates between them:
// then only neighbours in one shard are compared.)
//
// Memory: lanes own the records that they hold; lanes_take() gives one to the caller.
#ifndef PGK_DELIVERY_LANE_H
#define PGK_DELIVERY_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct placement;
struct record;

enum {
    LANE_BITS_MAX = 14
};

struct lanes {
    struct lane *lanes;
    size_t count;    // A power of two.
    uint32_t *ready; // A ring of lane numbers, the one that waits longest first.
    size_t ready_at;
    size_t ready_count;
    uint32_t *waiting; // A heap of lane numbers by the time when they may try again.
    size_t waiting_count;
    uint32_t *next_parked; // Of each parked lane, in its queue.
    size_t parked;         // Lanes, in whoever's queues.
    size_t queued;         // Records held.
    size_t queued_bytes;   // What they weigh in a request.
    size_t in_flight;      // What was taken and not given back.

    // What records of a lane may weigh in a request that go as one entry; 0: each goes by itself.
    size_t entry_bytes_max;
};

// 2^bits lanes.
void lanes_init(struct lanes *lanes, unsigned bits);

// Frees every record that is held; one that was taken stays its taker's.
void lanes_release(struct lanes *lanes);

// Takes the record to the end of its lane, record->lane.
void lanes_push(struct lanes *lanes, struct record *record);

// The oldest record of the lane that has been ready longest, NULL when none is; it stays there.
const struct record *lanes_peek(const struct lanes *lanes);

// Gives that record to the caller, with those behind it that make up the count, chained; the lane
// is in flight, and holds as many.
struct record *lanes_take(struct lanes *lanes, size_t count);

// The next record of a lane that is in flight already, NULL when it holds no more; it stays there.
// For sinks that keep a request's order, and for them alone.
const struct record *lanes_peek_more(const struct lanes *lanes, uint32_t number);
struct record *lanes_take_more(struct lanes *lanes, uint32_t number);

// Lanes that somebody keeps back, the one that waits longest first. Zeroed, it is empty.
struct lane_queue {
    uint32_t first;
    uint32_t last;
    size_t count;
};

// The lane that lanes_peek() looks at goes to the end of the queue.
void lanes_park(struct lanes *lanes, struct lane_queue *queue);

// The first lane of the queue is ready again, and admitted until it is taken. Returns its oldest
// record, which stays there.
const struct record *lanes_admit(struct lanes *lanes, struct lane_queue *queue);
bool lanes_is_admitted(const struct lanes *lanes, uint32_t number);

// Lanes and records lie all over the memory, and to wait for each would take longer than what is
// done with it. These ask for what will be looked at soon and do not wait: a lane; the ready lanes
// behind the first one, and their records.
void lanes_fetch(const struct lanes *lanes, uint32_t number);
void lanes_fetch_ready(const struct lanes *lanes);

// The shard that the lane's records fell into last, as far as is known.
uint32_t lanes_shard(const struct lanes *lanes, uint32_t number);
void lanes_tell_shard(struct lanes *lanes, uint32_t number, uint32_t shard);

// A record of the lane was stored there. False when that is not behind the lane's last one: then
// the last one stays what it was.
bool lanes_tell_placement(struct lanes *lanes, uint32_t number, const struct placement *placement);

// The service counts anew: the lane forgets where its last record was stored.
void lanes_forget_placement(struct lanes *lanes, uint32_t number);

// What was taken at once, a record or a chain of them, is stored; its owner frees it.
void lanes_settle_stored(struct lanes *lanes, uint32_t lane);

// What was taken at once was not stored: it goes back to the head, and its lane waits until
// retry_at_ms. What was taken of one lane bit by bit is given back newest first.
void lanes_settle_failed(struct lanes *lanes, struct record *record, int64_t retry_at_ms);

// Lanes whose time is up are ready again.
void lanes_wake(struct lanes *lanes, int64_t now_ms);

// When the next lane's time is up; CLOCK_NEVER_MS when none waits.
int64_t lanes_wake_at_ms(const struct lanes *lanes);

// The least ordinal among the queued records of a ledger entry, 0 when none of its is queued.
uint64_t lanes_least_ordinal(const struct lanes *lanes, uint64_t entry);

// Frees every record and makes every lane idle; queues of parked ones are their owners' to forget.
// Where records were stored stays known. Nothing is in flight.
void lanes_clear(struct lanes *lanes);

#endif
