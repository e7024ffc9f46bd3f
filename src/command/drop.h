// drop - the command --drop: remove the slot, so that the server need not keep log for it.
#ifndef PGK_COMMAND_DROP_H
#define PGK_COMMAND_DROP_H

#include "base/err.h"

struct config;
struct waiter;

MUST_CHECK bool drop_run(const struct config *config, struct waiter *waiter, struct err *err);

#endif
