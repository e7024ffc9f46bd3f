// slot - a logical replication slot: look at it, create it, drop it.
//
// https://www.postgresql.org/docs/current/protocol-replication.html
#ifndef PGK_POSTGRES_SLOT_H
#define PGK_POSTGRES_SLOT_H

#include "base/err.h"
#include "base/str.h"
#include "model/lsn.h"

#include <stdbool.h>

struct conn;
struct waiter;

struct slot {
    bool exists;
    bool logical;
    bool active; // Somebody reads it.
    bool lost;   // The server removed log that it needs.
    int active_pid;
    lsn_t confirmed_lsn;
    char plugin[64];
    char database[64];
};

// PostgreSQL's rule: 1 to 63 of a-z, 0-9 and _.
MUST_CHECK bool slot_check_name(struct str name, struct err *err);

// On a connection for questions. A slot that is not there is no error: exists is false.
MUST_CHECK bool slot_look(
    struct conn *sql, const char *name, struct waiter *waiter, struct slot *slot, struct err *err);

// On a replication connection. Waits until every transaction that writes now has ended. A
// temporary slot goes with the connection.
MUST_CHECK bool slot_create(struct conn *replication, const char *name, const char *plugin,
    struct waiter *waiter, struct err *err);
MUST_CHECK bool slot_create_temporary(struct conn *replication, const char *name,
    const char *plugin, struct waiter *waiter, struct err *err);

// On a replication connection.
MUST_CHECK bool slot_drop(
    struct conn *replication, const char *name, struct waiter *waiter, struct err *err);

#endif
