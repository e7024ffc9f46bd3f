#include "postgres/replication.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/relation.h"
#include "model/source.h"
#include "postgres/catalog.h"
#include "postgres/conn.h"
#include "postgres/decoder.h"
#include "postgres/pace.h"
#include "postgres/session.h"
#include "postgres/stream.h"

#include <stdlib.h>

enum {
    LEAVE_WITHIN_MS = 5000,
    LOOK_EVERY_MS = 1000,
    HOLD_UP_MAX_MS = 30000
};

struct replication {
    struct source base;
    struct conn *conn;
    struct catalog *catalog;
    struct decoder *decoder;
    struct stream stream;
    struct pace pace;
    bool rests;         // The socket is left alone until the pace says so.
    struct event event; // Where it waits for the catalog.
    bool event_waits;
    size_t completed; // How many of the event's relations are completed.
    bool types_wait;  // The next of them has its key and plan, and not its types.
    bool in_transaction;
    bool paused; // Our caller takes no events, so next() is not called.
    bool never_confirm;
    lsn_t flushed;            // As confirm() was told; 0, which confirms nothing: never_confirm.
    int64_t looked_at_ms;     // When it was last looked at whether the server waits for us.
    int64_t held_up_since_ms; // Since when it does, without any progress of ours; 0: it does not.
};

// What the catalog said of the relation holds for now.
static bool is_complete(
    const struct replication *replication, const struct relation *relation, int64_t now_ms)
{
    return relation->key_is_known && now_ms < relation->key_due_ms && !replication->types_wait;
}

// The catalog's word on one relation of the event.
static enum step complete_relation(
    struct replication *replication, struct relation *relation, int64_t now_ms, struct err *err)
{
    bool found = false;
    enum step step = catalog_key_step(
        replication->catalog, relation, replication->event.txn.xid, now_ms, &found, err);
    if (step == STEP_FAILED && relation->key_is_known) {
        // A key that is a minute old is better than a stream that stands still.
        relation->key_due_ms = now_ms + CATALOG_KEY_AGE_MAX_MS;
        return STEP_DONE;
    }
    if (step != STEP_DONE)
        return step;
    if (!found && relation->plan == PLAN_SEND)
        log_event(LOG_WARNING,
            "table %s is not, or no longer, as its changes show it: its partition key is %s",
            err_quote(relation->quoted).text,
            relation->key_count > 0 ? "the last one known" : "its name");
    return STEP_DONE;
}

// What is not wanted is sent under no key, so there the next that is wanted has to tell.
static void tell_moved_key(struct replication *replication, struct relation *relation)
{
    if (relation->plan != PLAN_SEND)
        return;
    replication->event.key_changed |= relation->key_moved;
    relation->key_moved = false;
}

static enum step complete_types(
    struct replication *replication, struct relation *relation, int64_t now_ms, struct err *err)
{
    enum step step = catalog_types_step(replication->catalog, relation, now_ms, err);
    if (step == STEP_FAILED && relation->types_are_known)
        return STEP_DONE; // As for the key.
    if (step == STEP_DONE)
        relation->types_are_known = true;
    return step;
}

// The key's answer comes first: it says that the catalog shows what the transaction did.
static enum step complete_key_and_types(
    struct replication *replication, struct relation *relation, int64_t now_ms, struct err *err)
{
    if (!replication->types_wait) {
        enum step step = complete_relation(replication, relation, now_ms, err);
        if (step != STEP_DONE)
            return step;
        replication->types_wait = relation->oid > 0; // Else the stream tells their names.
    }
    enum step step =
        replication->types_wait ? complete_types(replication, relation, now_ms, err) : STEP_DONE;
    if (step == STEP_DONE)
        replication->types_wait = false;
    return step;
}

// Seldom, so it is not compiled into its caller, which every row passes.
__attribute__((noinline)) static enum step ask_catalog(
    struct replication *replication, struct relation *relation, int64_t now_ms, struct err *err)
{
    enum step step = complete_key_and_types(replication, relation, now_ms, err);
    if (step == STEP_FAILED)
        err_wrap(err, "cannot look up table %s", err_quote(relation->quoted).text);
    return step;
}

static enum step complete_event(struct replication *replication, int64_t now_ms, struct err *err)
{
    size_t count = 0;
    struct relation *const *relations = decoder_relations(replication->decoder, &count);
    for (; replication->completed < count; replication->completed++) {
        struct relation *relation = relations[replication->completed];
        if (!is_complete(replication, relation, now_ms)) {
            enum step step = ask_catalog(replication, relation, now_ms, err);
            if (step != STEP_DONE)
                return step;
        }
        tell_moved_key(replication, relation);
    }
    return STEP_DONE;
}

static enum source_state give(struct replication *replication, const struct event *event)
{
    if (event->kind == EVENT_BEGIN)
        replication->in_transaction = true;
    else if (event->kind == EVENT_COMMIT)
        replication->in_transaction = false;
    return SOURCE_EVENT;
}

static enum source_state give_when_complete(
    struct replication *replication, int64_t now_ms, struct event *event, struct err *err)
{
    switch (complete_event(replication, now_ms, err)) {
    case STEP_BUSY:
        return SOURCE_WAIT;
    case STEP_FAILED:
        return SOURCE_FAILED;
    case STEP_DONE:
        break;
    }
    *event = replication->event;
    replication->event_waits = false;
    return give(replication, event);
}

// What was just read is an event and needs nothing of the catalog, as nearly all do: it is given as
// it stands.
static bool is_ready(
    const struct replication *replication, const struct event *event, int64_t now_ms)
{
    size_t count = 0;
    struct relation *const *relations = decoder_relations(replication->decoder, &count);
    for (size_t i = 0; i < count; i++)
        if (!is_complete(replication, relations[i], now_ms) || relations[i]->key_moved)
            return false;
    return event->kind != EVENT_NONE;
}

static void let_wait(struct replication *replication, const struct event *event)
{
    replication->event = *event;
    replication->event_waits = event->kind != EVENT_NONE;
    replication->completed = 0;
}

// A position inside a transaction tells nothing: its commit is still to come.
static bool read_keepalive(
    const struct replication *replication, lsn_t position, struct event *event)
{
    if (replication->in_transaction)
        return false;
    *event = (struct event){.kind = EVENT_KEEPALIVE, .end_lsn = position};
    return true;
}

static enum source_state rest(struct replication *replication, int64_t now_ms)
{
    pace_note_empty(&replication->pace, now_ms);
    replication->rests = pace_rests(&replication->pace, now_ms);
    return SOURCE_WAIT;
}

static enum source_state next_message(struct replication *replication, int64_t now_ms,
    struct event *event, struct err *err, bool *taken)
{
    struct str bytes;
    *taken = false;
    switch (conn_copy_next(replication->conn, &bytes, err)) {
    case COPY_WAIT:
        return rest(replication, now_ms);
    case COPY_ENDED:
        return SOURCE_ENDED;
    case COPY_FAILED:
        return SOURCE_FAILED;
    case COPY_MESSAGE:
        break;
    }
    pace_note_message(&replication->pace, bytes.len);
    struct stream_message message;
    if (!stream_read(&replication->stream, bytes, &message, err))
        return SOURCE_FAILED;
    if (message.kind == STREAM_KEEPALIVE && read_keepalive(replication, message.position, event))
        return give(replication, event);
    if (message.kind == STREAM_DATA) {
        if (!decoder_read(replication->decoder, message.data, event, err))
            return SOURCE_FAILED;
        if (is_ready(replication, event, now_ms))
            return give(replication, event);
        let_wait(replication, event);
    }
    *taken = true;
    return SOURCE_WAIT;
}

static enum source_state replication_next(
    struct source *source, int64_t now_ms, struct event *event, struct err *err)
{
    struct replication *replication = (struct replication *)source;
    for (;;) {
        if (replication->event_waits)
            return give_when_complete(replication, now_ms, event, err);
        if (replication->rests && pace_rests(&replication->pace, now_ms))
            return SOURCE_WAIT;
        replication->rests = false;
        bool taken = false;
        enum source_state state = next_message(replication, now_ms, event, err, &taken);
        if (!taken)
            return state;
    }
}

static bool send_status(struct replication *replication, struct moment now, struct err *err)
{
    struct stream_status status =
        stream_status(&replication->stream, replication->flushed, now.now_ms, now.wall_us);
    struct str bytes = {.ptr = status.bytes, .len = sizeof status.bytes};
    return conn_copy_send(replication->conn, bytes, err);
}

// A question is asked, and its answer taken, by next().
static bool awaits_catalog(const struct replication *replication)
{
    return replication->event_waits && !replication->paused;
}

// Without room for events the stream stays in the socket, where it holds the server back.
static bool reads_stream(const struct replication *replication)
{
    return !replication->event_waits && !replication->paused;
}

// A server that shuts down asks for a confirmation again and again, and waits for it for ever; or,
// when we are too full to hear that, ends the other connection.
static bool server_waits(struct replication *replication)
{
    if (replication->flushed > replication->stream.flushed_told)
        return false;
    return replication->stream.reply_wanted || catalog_is_cut_off(replication->catalog);
}

static bool holds_server_up(struct replication *replication, int64_t now_ms)
{
    if (now_ms - replication->looked_at_ms < LOOK_EVERY_MS)
        return false;
    replication->looked_at_ms = now_ms;
    if (!server_waits(replication))
        replication->held_up_since_ms = 0;
    else if (replication->held_up_since_ms == 0)
        replication->held_up_since_ms = now_ms;
    return replication->held_up_since_ms > 0 &&
           now_ms - replication->held_up_since_ms >= HOLD_UP_MAX_MS;
}

static bool replication_confirm(
    struct source *source, lsn_t flushed, struct moment now, struct err *err)
{
    struct replication *replication = (struct replication *)source;
    if (!replication->never_confirm)
        replication->flushed = flushed;
    if (!reads_stream(replication) && conn_is_hung_up(replication->conn))
        return err_set(err, ERR_RETRY, "the server closed the connection");
    if (holds_server_up(replication, now.now_ms))
        return err_set(err, ERR_RETRY,
            "the server waits for changes that cannot be delivered now: letting it go");
    if (now.now_ms < stream_status_due_ms(&replication->stream, replication->flushed))
        return true;
    return send_status(replication, now, err);
}

static bool replication_flows(const struct source *source)
{
    return pace_flows(&((const struct replication *)source)->pace);
}

static int64_t replication_wake_at_ms(const struct source *source)
{
    const struct replication *replication = (const struct replication *)source;
    int64_t status_ms = stream_status_due_ms(&replication->stream, replication->flushed);
    int64_t at_ms = CLOCK_NEVER_MS;
    if (awaits_catalog(replication))
        at_ms = catalog_wake_at_ms(replication->catalog);
    else if (replication->paused)
        at_ms = replication->looked_at_ms + LOOK_EVERY_MS;
    else if (replication->rests || pace_looks_again(&replication->pace))
        at_ms = pace_rest_until_ms(&replication->pace);
    return at_ms < status_ms ? at_ms : status_ms;
}

static size_t replication_wait_fds(struct source *source, bool reading, struct wait_fd *fds)
{
    struct replication *replication = (struct replication *)source;
    replication->paused = !reading;
    fds[0] = conn_wait_fd(replication->conn);
    // While it rests the socket fills, which must wake nobody.
    fds[0].read = reads_stream(replication) && !replication->rests;
    fds[1] = awaits_catalog(replication) ? catalog_wait_fd(replication->catalog)
                                         : (struct wait_fd){.fd = -1};
    return 2;
}

// No status can follow CopyDone, so the position goes first. In the middle of a transaction the
// server sends all of it before it answers; after a while we go without the answer, and lose
// nothing but the time it takes to send that again.
static void replication_leave(struct source *source, lsn_t flushed, struct waiter *waiter)
{
    struct replication *replication = (struct replication *)source;
    struct err err;
    struct moment now = clock_moment();
    int64_t deadline_ms = now.now_ms + LEAVE_WITHIN_MS;
    if (!replication->never_confirm)
        replication->flushed = flushed;
    if (!send_status(replication, now, &err) || !conn_copy_end(replication->conn, &err))
        return;
    enum copy_state state = COPY_WAIT;
    while ((state == COPY_WAIT || state == COPY_MESSAGE) && clock_now_ms() < deadline_ms) {
        struct str unused;
        state = conn_copy_next(replication->conn, &unused, &err);
        struct wait_fd fd = conn_wait_fd(replication->conn);
        if (state == COPY_WAIT && !waiter->sleep_until(waiter, &fd, 1, deadline_ms))
            return;
    }
}

static void replication_free(struct source *source)
{
    struct replication *replication = (struct replication *)source;
    conn_free(replication->conn);
    catalog_free(replication->catalog);
    decoder_free(replication->decoder);
    free(replication);
}

struct source *replication_new(const struct replication_options *options,
    const struct session *session, struct decoder *decoder, lsn_t from)
{
    struct replication *replication = alloc_zeroed(1, sizeof *replication);
    replication->base = (struct source){
        .next = replication_next,
        .confirm = replication_confirm,
        .wait_fds = replication_wait_fds,
        .flows = replication_flows,
        .wake_at_ms = replication_wake_at_ms,
        .leave = replication_leave,
        .free = replication_free,
    };
    replication->conn = session->replication;
    replication->catalog = catalog_new(
        options->source, options->selection, session->sql, conn_backend_pid(session->replication));
    replication->decoder = decoder;
    replication->never_confirm = options->never_confirm;
    // Where it begins is where a look is, and not where the slot may go. 0 confirms nothing.
    replication->flushed = options->never_confirm ? 0 : from;
    stream_init(&replication->stream, from, session->wal_sender_timeout_ms, clock_now_ms());
    pace_init(&replication->pace, conn_hold_window(session->replication), clock_now_ms());
    if (options->ask_often)
        stream_ask_often(&replication->stream);
    return &replication->base;
}
