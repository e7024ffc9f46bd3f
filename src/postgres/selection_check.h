// selection_check - whether the patterns make sense to this server, before anything starts.
#ifndef PGK_POSTGRES_SELECTION_CHECK_H
#define PGK_POSTGRES_SELECTION_CHECK_H

#include "base/err.h"

struct selection;
struct session;
struct waiter;

// ERR_USAGE: a pattern is no regular expression, or names another database. One that matches no
// table now, or none that changes are reported of, is warned of: it may match one later.
MUST_CHECK bool selection_check(const struct selection *selection, const struct session *session,
    struct waiter *waiter, struct err *err);

#endif
