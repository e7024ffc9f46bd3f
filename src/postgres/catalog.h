// catalog - what the stream does not tell of a relation, asked of the server without blocking.
//
// Names are today's and the log is old. An answer counts only once the transaction that raised the
// question is visible in the snapshot that gave the answer: a commit may be streamed before it can
// be seen. Unless it is us for whom commits wait, to be seen thereafter: then what is there is
// taken, and what is not is asked for again soon. A failed look-up is never a verdict: the catalog
// connects again and asks again, once; then it says so.
//
// Memory: owns its connection.
#ifndef PGK_POSTGRES_CATALOG_H
#define PGK_POSTGRES_CATALOG_H

#include "base/err.h"
#include "base/step.h"
#include "base/wait.h"

#include <stdbool.h>
#include <stdint.h>

struct catalog;
struct conn;
struct relation;
struct selection;

// The selection is copied and `sql` taken; `stream_pid` is the server process that streams to us:
// should commits wait for it (synchronous replication), waiting for them to be visible would be
// waiting for ourselves.
struct catalog *catalog_new(
    const char *source, const struct selection *selection, struct conn *sql, int stream_pid);
void catalog_free(struct catalog *catalog);

// A key or a plan may change while its table's columns do not, so they are asked for again.
enum {
    CATALOG_KEY_AGE_MAX_MS = 60000
};

// Ask for the relation's primary key and plan; called with the same relation until DONE, which sets
// them, and says whether the key has moved (relation->key_moved). *found: the table exists, and its
// key's columns are the relation's. A table that is gone, or whose key does not fit the relation's
// columns, leaves the key as it was; one that is gone leaves the plan as it was, unless there was
// none: then its name decides.
// FAILED: the server cannot be asked now, and *err says why. Whoever cannot do without must give up
// the stream, too: a server that shuts down takes no questions and waits for our confirmation.
enum step catalog_key_step(struct catalog *catalog, struct relation *relation, uint32_t xid,
    int64_t now_ms, bool *found, struct err *err);

// Ask what the relation's types are called; called with the same relation until DONE, which sets
// them. To be asked once the key is known: then the transaction that may have made the types is
// visible. A type that is gone keeps the name that it has.
enum step catalog_types_step(
    struct catalog *catalog, struct relation *relation, int64_t now_ms, struct err *err);

// True when the server has ended the catalog's connection, to which nobody may be listening: one
// that shuts down does so at once, and then waits for its streams.
bool catalog_is_cut_off(struct catalog *catalog);

// What a BUSY step waits for, and until when at the latest.
struct wait_fd catalog_wait_fd(const struct catalog *catalog);
int64_t catalog_wake_at_ms(const struct catalog *catalog);

#endif
