// scenario - what a seed plays: how much happens, how large the peers' limits are, and which
// misfortunes there are. A seed decides all of it; a shrunk replay takes parts of it away.
#ifndef PGK_SIMULATION_SCENARIO_H
#define PGK_SIMULATION_SCENARIO_H

#include "base/str.h"
#include "model/fields.h"
#include "model/plugin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum misfortune {
    MISFORTUNE_THROTTLE,   // Requests, and records of busy shards, are too many.
    MISFORTUNE_FAILURE,    // Records are not stored: something failed inside.
    MISFORTUNE_LOST_REPLY, // A request's outcome is never told; it was stored or was not.
    MISFORTUNE_LATE_COPY,  // A request that was given up is stored after all.
    MISFORTUNE_INVERSION,  // A record is put before an earlier one of its lane.
    MISFORTUNE_RESHARD,    // Shards are split and merged.
    MISFORTUNE_RENEWAL,    // The stream is deleted and made anew: its numbers begin again.
    MISFORTUNE_CLOSURE,    // A shard takes nothing for a while.
    MISFORTUNE_REFUSAL,    // Credentials are not accepted for a while.
    MISFORTUNE_STALL,      // The service answers nothing for a while.
    MISFORTUNE_SILENCE,    // The network carries nothing for a while.
    MISFORTUNE_DISCONNECT, // A connection breaks.
    MISFORTUNE_RESTART,    // The server restarts.
    MISFORTUNE_PROMOTION,  // A standby takes over; its slot lags behind.
    MISFORTUNE_ADVANCE,    // Somebody else moves the slot on.
    MISFORTUNE_KILL,       // kill -9: all memory is gone.
    MISFORTUNE_TERMINATION,
    MISFORTUNE_CATALOG, // What is committed can be seen only later; questions break off.
    MISFORTUNE_CHATTER, // Keepalives at any time, asking for replies.
    MISFORTUNE_COUNT
};

// What the operator's patterns say.
enum asking {
    ASKING_FOR_ALL,
    ASKING_FOR_SOME,   // Each is named.
    ASKING_FOR_OTHERS, // Each other one is named, and left out.
    ASKING_FOR_PLAIN,  // Those with plain names, by a pattern.
    ASKING_FOR_NO_ODD  // The same, said the other way round.
};

struct scenario {
    uint64_t seed;
    uint32_t misfortunes; // A bit each.
    unsigned transactions;
    unsigned tables;
    unsigned changes_max;  // Of an ordinary transaction.
    unsigned long_changes; // Of the one long transaction; 0: there is none.
    int64_t cut_every_ms;  // The connection breaks that often until the end; 0: it does not.
    int64_t commit_gap_ms; // Between commits, at most.
    int64_t mishap_gap_ms; // Between misfortunes, at most.
    int64_t latency_ms;    // Of the network to the server, at most.
    int64_t service_latency_ms;
    unsigned shards;                 // When it begins.
    uint32_t shard_id_step;          // From the number of one to that of the next.
    unsigned shard_records_a_second; // What a busy one takes; 0: anything.
    int64_t closed_for_ms;           // The first takes nothing from the beginning on.
    bool alters_tables;              // Columns come and go, keys change.
    bool messages;                   // The application's messages are wanted, too.
    struct fields fields;
    enum asking asking;
    uint32_t asked_for; // Tables, a bit each.
    enum plugin plugin;
    int server_version;
    int64_t wal_sender_timeout_ms;
    unsigned window; // Messages that fit between walsender and reader.
    bool retry_initial;

    size_t memory_bytes_max;
    unsigned lane_bits;
    unsigned spread_bits;   // So many of a lane's: records of a key have no order; 0: they have.
    bool places_anywhere;   // The service, whatever a record's key is.
    bool in_order;          // The sink is one that keeps order, as standard output.
    size_t entry_bytes_max; // Rows of a lane go as one up to that; 0: each by itself.
    int64_t linger_ms;
    unsigned seats;
    unsigned mishap_percent; // Of requests, and of records in them.
};

struct scenario scenario_of(uint64_t seed);

// The same by that plugin, unless it is AUTO.
struct scenario scenario_by(uint64_t seed, enum plugin plugin);

// True when nothing breaks a connection or a process, or leaves a request without an answer.
bool scenario_is_harmless(const struct scenario *scenario);

static inline bool scenario_has(const struct scenario *scenario, enum misfortune misfortune)
{
    return scenario->misfortunes >> misfortune & 1;
}

// True when the records of a key are to stay in order.
static inline bool scenario_keeps_order(const struct scenario *scenario)
{
    return scenario->spread_bits == 0;
}

const char *misfortune_name(enum misfortune misfortune);

// MISFORTUNE_COUNT when there is none of that name.
enum misfortune misfortune_named(struct str name);

#endif
