// fields - what records tell besides the change, when it is asked for.
#ifndef PGK_MODEL_FIELDS_H
#define PGK_MODEL_FIELDS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct fields {
    bool xid;
    bool seq; // The change's ordinal in its transaction.
    bool commit_lsn;
    bool commit_time;
};

static inline bool fields_any(const struct fields *fields)
{
    return fields->xid || fields->seq || fields->commit_lsn || fields->commit_time;
}

// "xid,seq": any of the members' names, in any order.
MUST_CHECK bool fields_read(struct fields *fields, struct str names, struct err *err);

#endif
