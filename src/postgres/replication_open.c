#include "postgres/replication_open.h"

#include "base/buf.h"
#include "base/log.h"
#include "postgres/ask.h"
#include "postgres/conn.h"
#include "postgres/decoder.h"
#include "postgres/plugin.h"
#include "postgres/publication_check.h"
#include "postgres/replication.h"
#include "postgres/selection_check.h"
#include "postgres/session.h"
#include "postgres/slot.h"

#include <stdio.h>
#include <string.h>

enum {
    COMMAND_BYTES_MAX = 32768,
    MESSAGES_SINCE = 140000
};

// The log of the server we knew ends before our place. A standby that has just started may not have
// applied again what it had; any other server has lost it.
static bool lies_behind(
    lsn_t flushed, const struct session *session, struct waiter *waiter, struct err *err)
{
    bool is_standby = false;
    if (!session_is_standby(session, &is_standby, waiter, err))
        return false;
    err_set(err, is_standby ? ERR_RETRY : ERR_FINAL,
        "the %s at " LSN_FMT ", before " LSN_FMT ", up to where changes were delivered",
        is_standby ? "standby is" : "server's log ends", LSN_ARG(session->position),
        LSN_ARG(flushed));
    return is_standby
               ? false
               : err_hint(err, "was it restored from a backup? Compare what the stream holds");
}

// The same server goes on where we were; another one, or a promoted one, where its slot is.
static bool find_place(struct replication_place *place, const struct session *session,
    struct waiter *waiter, struct err *err)
{
    bool same_system = strcmp(place->system_id, session->system_id) == 0;
    bool same = same_system && place->timeline == session->timeline;
    if (same && session->position < place->flushed)
        return lies_behind(place->flushed, session, waiter, err);
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
    if (slot->lost) {
        err_set(err, ERR_FINAL, "slot \"%s\" is lost: the server removed log that it needed", name);
        return err_hint(err, "drop it with --drop, create it with --create, load the tables anew");
    }
    return true;
}

static bool slots_own_plugin(const struct replication_options *options, const struct slot *slot,
    enum plugin *plugin, struct err *err)
{
    *plugin = plugin_of_name(str_from_c(slot->plugin));
    bool is_wanted = options->plugin == PLUGIN_AUTO || options->plugin == *plugin;
    if (*plugin != PLUGIN_AUTO && is_wanted)
        return true;
    err_set(err, ERR_OPERATOR, "slot \"%s\" uses the output plugin \"%s\"", options->slot,
        slot->plugin);
    return err_hint(err, is_wanted
                             ? "pg_kinesis reads test_decoding and pgoutput: choose another slot"
                             : "leave --plugin out, or choose another slot");
}

// Publications are pgoutput's alone, and it does nothing without.
static bool plugin_fits(
    enum plugin plugin, const struct replication_options *options, struct err *err)
{
    size_t publications = options->publications->count;
    if (plugin == PLUGIN_PGOUTPUT && publications == 0) {
        err_set(err, ERR_OPERATOR,
            "slot \"%s\" is of pgoutput, which reads publications, and none "
            "is named",
            options->slot);
        return err_hint(
            err, "--publication NAME; make one with CREATE PUBLICATION NAME FOR TABLE ...");
    }
    if (plugin == PLUGIN_TEST_DECODING && publications > 0) {
        err_set(err, ERR_OPERATOR, "slot \"%s\" is of test_decoding, which knows no publications",
            options->slot);
        return err_hint(err, "leave --publication out, or choose a slot of pgoutput");
    }
    return true;
}

static bool choose_plugin(const struct replication_options *options, const struct slot *slot,
    enum plugin *plugin, struct err *err)
{
    if (slot->exists && !slots_own_plugin(options, slot, plugin, err))
        return false;
    if (!slot->exists)
        *plugin = options->plugin;
    if (*plugin == PLUGIN_AUTO)
        *plugin = options->publications->count > 0 ? PLUGIN_PGOUTPUT : PLUGIN_TEST_DECODING;
    return plugin_fits(*plugin, options, err);
}

static bool make_slot(const struct replication_options *options,
    const struct replication_place *place, enum plugin plugin, struct session *session,
    struct waiter *waiter, struct err *err)
{
    if (place->streamed && !options->temporary) {
        err_set(err, ERR_FINAL, "slot \"%s\" is gone", options->slot);
        return err_hint(err,
            "what changed since the confirmed position is lost; create the slot with --create "
            "and load the tables anew");
    }
    if (options->temporary)
        return slot_create_temporary(
            session->replication, options->slot, plugin_name(plugin), waiter, err);
    if (options->create) {
        log_event(LOG_INFO, "creating slot \"%s\"; this waits for the transactions that write now",
            options->slot);
        return slot_create(session->replication, options->slot, plugin_name(plugin), waiter, err);
    }
    err_set(err, ERR_OPERATOR, "slot \"%s\" does not exist", options->slot);
    return err_hint(err, "create it with --create; changes made before that are not in it");
}

static void note_slot(const struct replication_options *options,
    const struct replication_place *place, const struct slot *slot)
{
    if (options->never_confirm)
        log_event(LOG_WARNING,
            "slot \"%s\" is only looked at: it retains the server's log until it is read in "
            "earnest",
            options->slot);
    if (place->flushed > 0 && slot->confirmed_lsn > place->flushed)
        log_event(LOG_WARNING,
            "slot \"%s\" was moved by somebody else from " LSN_FMT " to " LSN_FMT
            ": what lies between did not pass here",
            options->slot, LSN_ARG(place->flushed), LSN_ARG(slot->confirmed_lsn));
}

static bool look_at_slot(const struct replication_options *options, const struct session *session,
    struct slot *slot, struct waiter *waiter, struct err *err)
{
    return slot_look(session->sql, options->slot, waiter, slot, err) &&
           (!slot->exists || slot_fits(slot, session, options->slot, err));
}

// What pgoutput needs besides a slot, which has to be younger than what it publishes.
static bool prepare_plugin(const struct replication_options *options, enum plugin plugin,
    struct session *session, struct keywords *keywords, struct waiter *waiter, struct err *err)
{
    if (plugin != PLUGIN_PGOUTPUT)
        return true;
    if (options->messages && conn_server_version(session->sql) < MESSAGES_SINCE)
        return err_set(err, ERR_OPERATOR, "pgoutput tells messages since PostgreSQL 14");
    return publication_check(session->sql, options, waiter, err) &&
           session_keywords(session, keywords, waiter, err);
}

// Where we do not know better, the stream begins where the slot stands.
static bool prepare_slot(const struct replication_options *options, struct replication_place *place,
    struct slot *slot, enum plugin plugin, struct session *session, struct waiter *waiter,
    struct err *err)
{
    if (slot->exists)
        note_slot(options, place, slot);
    else if (!make_slot(options, place, plugin, session, waiter, err) ||
             !look_at_slot(options, session, slot, waiter, err))
        return false;
    if (place->flushed == 0)
        place->flushed = slot->confirmed_lsn;
    return true;
}

static bool start(struct session *session, const struct replication_options *options,
    enum plugin plugin, lsn_t from, struct waiter *waiter, struct err *err)
{
    struct buf command;
    buf_init(&command, COMMAND_BYTES_MAX);
    buf_printf(&command, "START_REPLICATION SLOT \"%s\" LOGICAL " LSN_FMT " ", options->slot,
        LSN_ARG(from));
    plugin_add_options(&command, plugin, options->publications, options->messages);
    struct rows *rows = ask(session->replication, buf_c(&command), waiter, err);
    bool ok = rows && rows_is_copy(rows);
    if (rows && !ok)
        err_set(err, ERR_RETRY, "the server does not begin to stream");
    rows_free(rows);
    buf_release(&command);
    return ok || err_wrap(err, "cannot start replication from slot \"%s\"", options->slot);
}

// The decoder of a stream that has begun; NULL with *err.
static struct decoder *begin(struct session *session, const struct replication_options *options,
    struct replication_place *place, struct waiter *waiter, struct err *err)
{
    struct slot slot;
    enum plugin plugin = PLUGIN_AUTO;
    struct keywords keywords;
    keywords_init(&keywords);
    if (look_at_slot(options, session, &slot, waiter, err) &&
        choose_plugin(options, &slot, &plugin, err) &&
        prepare_plugin(options, plugin, session, &keywords, waiter, err) &&
        prepare_slot(options, place, &slot, plugin, session, waiter, err) &&
        start(session, options, plugin, place->flushed, waiter, err))
        return decoder_new(plugin, keywords, conn_server_encoding(session->replication));
    keywords_release(&keywords);
    return NULL;
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
    struct decoder *decoder = NULL;
    bool sound = place->streamed || selection_check(options->selection, &session, waiter, err);
    if (sound && find_place(&found, &session, waiter, err))
        decoder = begin(&session, options, &found, waiter, err);
    if (decoder) {
        found.streamed = true;
        *place = found;
        *server_position = session.position;
        return replication_new(options, &session, decoder, place->flushed);
    }
    session_close(&session);
    return NULL;
}
