// session - a server to stream from: two connections that stand, and what the server is.
//
// One connection streams and the other answers questions meanwhile.
#ifndef PGK_POSTGRES_SESSION_H
#define PGK_POSTGRES_SESSION_H

#include "base/err.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct keywords;
struct waiter;

struct session {
    struct conn *sql;
    struct conn *replication;
    char system_id[24]; // Of the cluster; another one after initdb or pg_upgrade.
    uint32_t timeline;  // Grows with each promotion.
    lsn_t position;     // Up to where its log was flushed when we came.
    char database[64];
    int64_t wal_sender_timeout_ms; // As it holds for this connection; 0: none.
};

MUST_CHECK bool session_open(
    struct session *session, const char *source, struct waiter *waiter, struct err *err);
void session_close(struct session *session);

// Whether the server is in recovery.
MUST_CHECK bool session_is_standby(
    const struct session *session, bool *is_standby, struct waiter *waiter, struct err *err);

// Adds the words that the server quotes as names.
MUST_CHECK bool session_keywords(
    struct session *session, struct keywords *keywords, struct waiter *waiter, struct err *err);

#endif
