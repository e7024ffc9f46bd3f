// wal_data - what the output plugin wrote about one thing, with its place in the log.
#ifndef PGK_POSTGRES_WAL_DATA_H
#define PGK_POSTGRES_WAL_DATA_H

#include "base/str.h"
#include "model/lsn.h"

// Borrows the payload. Of logical decoding start and end are the same, and 0 for what has no place
// of its own. Of COMMIT it is the commit's end: the position to confirm
// (src/backend/replication/logical/logical.c, commit_cb_wrapper).
struct wal_data {
    lsn_t start;
    lsn_t end;
    struct str payload;
};

#endif
