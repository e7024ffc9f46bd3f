#include "command/drop.h"

#include "base/log.h"
#include "model/config.h"
#include "postgres/ask.h"
#include "postgres/conn.h"
#include "postgres/slot.h"

bool drop_run(const struct config *config, struct waiter *waiter, struct err *err)
{
    const char *slot = config->slot;
    if (!slot_check_name(str_from_c(slot), err))
        return false;
    struct conn *conn = ask_connect(config->source, CONN_REPLICATION, waiter, err);
    bool ok = conn && slot_drop(conn, slot, waiter, err);
    conn_free(conn);
    if (ok)
        log_event(LOG_INFO, "slot \"%s\" is dropped", slot);
    return ok;
}
