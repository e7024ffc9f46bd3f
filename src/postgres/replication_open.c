#include "postgres/replication_open.h"

#include "base/log.h"
#include "postgres/ask.h"
#include "postgres/conn.h"
#include "postgres/replication.h"
#include "postgres/selection_check.h"
#include "postgres/session.h"
#include "postgres/slot.h"

#include <stdio.h>
#include <string.h>

// The same server goes on where we were; another one, or a promoted one, where its slot is.
static bool find_place(
    struct replication_place *place, const struct session *session, struct err *err)
{
    bool same_system = strcmp(place->system_id, session->system_id) == 0;
    bool same = same_system && place->timeline == session->timeline;
    if (same && session->position < place->flushed) {
        err_set(err, ERR_FINAL,
            "the server's log ends at " LSN_FMT ", before " LSN_FMT
            ", up to where changes were delivered",
            LSN_ARG(session->position), LSN_ARG(place->flushed));
        return err_hint(err, "was it restored from a backup? Compare what the stream holds");
    }
    if (place->streamed && !same_system)
        log_event(LOG_WARNING, "the server is another one than before (system identifier %s)",
            session->system_id);
    if (!same)
        place->flushed = 0;
    snprintf(place->system_id, sizeof place->system_id, "%s", session->system_id);
    place->timeline = session->timeline;
    return true;
}

static bool slot_fits(
    const struct slot *slot, const struct session *session, const char *name, struct err *err)
{
    if (!slot->logical) {
        err_set(err, ERR_OPERATOR, "slot \"%s\" is a physical one", name);
        return err_hint(err, "choose another name with --slot");
    }
    if (strcmp(slot->database, session->database) != 0) {
        err_set(err, ERR_OPERATOR, "slot \"%s\" belongs to database \"%s\", not to \"%s\"", name,
            slot->database, session->database);
        return err_hint(err, "name that database in --source, or choose another slot");
    }
    if (strcmp(slot->plugin, "test_decoding") != 0) {
        err_set(err, ERR_OPERATOR, "slot \"%s\" uses the output plugin \"%s\"", name, slot->plugin);
        return err_hint(err, "pg_kinesis reads test_decoding: choose another slot");
    }
    if (slot->lost) {
        err_set(err, ERR_FINAL, "slot \"%s\" is lost: the server removed log that it needed", name);
        return err_hint(err, "drop it with --drop, create it with --create, load the tables anew");
    }
    return true;
}

static bool make_slot(const struct replication_options *options,
    const struct replication_place *place, struct session *session, struct waiter *waiter,
    struct err *err)
{
    if (place->streamed && !options->temporary) {
        err_set(err, ERR_FINAL, "slot \"%s\" is gone", options->slot);
        return err_hint(err,
            "what changed since the confirmed position is lost; create the slot with --create "
            "and load the tables anew");
    }
    if (options->temporary)
        return slot_create_temporary(
            session->replication, options->slot, "test_decoding", waiter, err);
    if (options->create) {
        log_event(LOG_INFO, "creating slot \"%s\"; this waits for the transactions that write now",
            options->slot);
        return slot_create(session->replication, options->slot, "test_decoding", waiter, err);
    }
    err_set(err, ERR_OPERATOR, "slot \"%s\" does not exist", options->slot);
    return err_hint(err, "create it with --create; changes made before that are not in it");
}

static bool prepare_slot(const struct replication_options *options,
    const struct replication_place *place, struct session *session, struct waiter *waiter,
    struct err *err)
{
    struct slot slot;
    if (!slot_look(session->sql, options->slot, waiter, &slot, err))
        return false;
    if (!slot.exists)
        return make_slot(options, place, session, waiter, err);
    if (!slot_fits(&slot, session, options->slot, err))
        return false;
    if (options->never_confirm)
        log_event(LOG_WARNING,
            "slot \"%s\" is only looked at: it retains the server's log until it is read in "
            "earnest",
            options->slot);
    if (place->flushed > 0 && slot.confirmed_lsn > place->flushed)
        log_event(LOG_WARNING,
            "slot \"%s\" was moved by somebody else from " LSN_FMT " to " LSN_FMT
            ": what lies between did not pass here",
            options->slot, LSN_ARG(place->flushed), LSN_ARG(slot.confirmed_lsn));
    return true;
}

static bool start(
    struct session *session, const char *slot, lsn_t from, struct waiter *waiter, struct err *err)
{
    char command[300];
    snprintf(command, sizeof command,
        "START_REPLICATION SLOT \"%s\" LOGICAL " LSN_FMT " (\"include-xids\" 'on',"
        " \"include-timestamp\" 'on', \"skip-empty-xacts\" 'on')",
        slot, LSN_ARG(from));
    struct rows *rows = ask(session->replication, command, waiter, err);
    bool ok = rows && rows_is_copy(rows);
    if (rows && !ok)
        err_set(err, ERR_RETRY, "the server does not begin to stream");
    rows_free(rows);
    return ok || err_wrap(err, "cannot start replication from slot \"%s\"", slot);
}

struct source *replication_open(const struct replication_options *options,
    struct replication_place *place, lsn_t *server_position, struct waiter *waiter, struct err *err)
{
    struct session session;
    if (!slot_check_name(str_from_c(options->slot), err))
        return NULL;
    if (!session_open(&session, options->source, waiter, err))
        return NULL;
    // What is found out counts only once the stream runs: an attempt that fails on another server
    // must not make that server the one whose positions we know.
    struct replication_place found = *place;
    bool sound = place->streamed || selection_check(options->selection, &session, waiter, err);
    if (sound && find_place(&found, &session, err) &&
        prepare_slot(options, &found, &session, waiter, err) &&
        start(&session, options->slot, found.flushed, waiter, err)) {
        found.streamed = true;
        *place = found;
        *server_position = session.position;
        return replication_new(options, &session, place->flushed);
    }
    session_close(&session);
    return NULL;
}
