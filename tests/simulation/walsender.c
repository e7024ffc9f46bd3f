#include "walsender.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "history.h"
#include "oracle.h"
#include "output_plugin.h"
#include "promptness.h"
#include "server.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum {
    SENT_BYTES_MAX = 1 << 16,
    FORGETS_EVERY = 20 // So often the plugin's caches are emptied: it tells again what it told.
};

void walsender_start(struct walsender *sender, lsn_t from)
{
    *sender = (struct walsender){.sent = from, .told = from, .heard_ms = world.now_ms};
    buf_init(&sender->next, SENT_BYTES_MAX);
    while (sender->entry < history.entry_count && history.entries[sender->entry].from < from)
        sender->entry++;
    server.commit_taken = 0;
    oracle_expect_again(sender->entry);
}

void walsender_release(struct walsender *sender)
{
    buf_release(&sender->next);
    for (; sender->count > 0; sender->count--)
        free(sender->outbox[sender->oldest++ % WINDOW_MAX].bytes);
}

static void add_u64(struct buf *buf, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_add_byte(buf, (char)(value >> shift));
}

// Sends what stands in sender->next.
static struct sent_message *push(struct walsender *sender)
{
    struct str next = buf_str(&sender->next);
    struct sent_message *message = &sender->outbox[(sender->oldest + sender->count) % WINDOW_MAX];
    sender->count++;
    *message = (struct sent_message){.bytes = alloc_bytes(next.len), .len = next.len};
    memcpy(message->bytes, next.ptr, next.len);
    message->arrives_ms = server_arrival_ms();
    if (message->arrives_ms < sender->last_arrival_ms)
        message->arrives_ms = sender->last_arrival_ms;
    sender->last_arrival_ms = message->arrives_ms;
    if (message->arrives_ms > world.now_ms && server_roll(4) == 0)
        message->begins_ms = world.now_ms + 1;
    return message;
}

// What a plugin writes stands behind its place in the log, which is told twice, and the time.
static struct buf *begin_data(struct walsender *sender)
{
    buf_clear(&sender->next);
    buf_add_byte(&sender->next, 'w');
    for (int i = 0; i < 3; i++)
        add_u64(&sender->next, 0);
    return &sender->next;
}

static struct sent_message *push_data(struct walsender *sender, lsn_t lsn)
{
    struct sent_message *message = push(sender);
    for (size_t i = 0; i < 8; i++) {
        char byte = (char)(lsn >> (56 - 8 * i));
        message->bytes[1 + i] = byte;
        message->bytes[9 + i] = byte;
    }
    return message;
}

static void push_keepalive(struct walsender *sender, lsn_t position, bool wants_reply)
{
    struct buf *next = &sender->next;
    buf_clear(next);
    buf_add_byte(next, 'k');
    add_u64(next, position);
    add_u64(next, 0);
    buf_add_byte(next, wants_reply ? 1 : 0);
    world_trace("keepalive at " LSN_FMT "%s%s", LSN_ARG(position),
        wants_reply ? ", wants reply" : "", sender->began ? ", inside a transaction" : "");
    sender->told = position > sender->told ? position : sender->told;
    push(sender);
}

static void end_entry(struct walsender *sender, const struct entry *entry)
{
    if (sender->began) {
        output_plugin()->commit(begin_data(sender), entry);
        push_data(sender, entry->end)->commit_end = entry->end;
        sender->told = entry->end;
    }
    sender->began = false;
    sender->item = 0;
    sender->sent = entry->end;
    sender->entry++;
}

static void begin_entry(struct walsender *sender, const struct entry *entry, struct buf *next)
{
    sender->began = true;
    if (server_roll(FORGETS_EVERY) == 0)
        sender->told_before = (struct told_before){.origin_of = 0};
    output_plugin()->begin(next, entry);
}

static void send_item(struct walsender *sender, const struct entry *entry, const struct item *item)
{
    struct buf *next = begin_data(sender);
    lsn_t lsn = item->lsn;
    const struct item *told = NULL;
    if (!entry->is_message && !sender->began && output_plugin()->opens(item)) {
        begin_entry(sender, entry, next);
    } else if (!output_plugin()->tells(item)) {
        sender->item++;
        return;
    } else if (output_plugin()->prepare(&sender->told_before, next, entry, item)) {
        lsn = 0;
    } else {
        sender->item++;
        output_plugin()->item(next, entry, item);
        told = item;
    }
    struct sent_message *message = push_data(sender, lsn);
    message->change = told ? told->change : 0;
    message->change_count = told ? told->count : 0;
}

static void send_next(struct walsender *sender)
{
    const struct entry *entry = &history.entries[sender->entry];
    if (sender->item == entry->item_count)
        end_entry(sender, entry);
    else
        send_item(sender, entry, &history.items[entry->first_item + sender->item]);
}

bool walsender_is_inside(const struct walsender *sender)
{
    return sender->began;
}

// A keepalive tells that what was committed before was sent: outside of a transaction anything up
// to the next commit, inside of one it may name the very commit being sent.
static lsn_t some_position(const struct walsender *sender)
{
    lsn_t most = history.position;
    if (sender->entry < history.entry_count)
        most = sender->began ? history.entries[sender->entry].end
                             : history.entries[sender->entry].from;
    lsn_t least = sender->sent < most ? sender->sent : most;
    return least + (lsn_t)server_roll((int64_t)(most - least) + 1);
}

static bool has_room(const struct walsender *sender)
{
    return sender->count < world.scenario.window;
}

static void send_what_fits(struct walsender *sender)
{
    bool chatters = scenario_has(&world.scenario, MISFORTUNE_CHATTER);
    while (has_room(sender) && sender->entry < history.entry_count) {
        if (chatters && server_roll(12) == 0)
            push_keepalive(sender, some_position(sender), server_roll(3) == 0);
        else
            send_next(sender);
    }
    if (has_room(sender) && history.position > sender->told) {
        sender->sent = history.position;
        push_keepalive(sender, sender->sent, chatters && server_roll(4) == 0);
    }
}

static void take_status(struct walsender *sender)
{
    struct sent_status status = sender->statuses[0];
    sender->status_count--;
    memmove(sender->statuses, sender->statuses + 1, sender->status_count * sizeof status);
    sender->heard_ms = world.now_ms;
    sender->asked = false;
    server_confirm(status.flushed);
    if (status.wants_reply && sender->count < WINDOW_MAX)
        push_keepalive(sender, sender->sent, false);
}

void walsender_hear(struct walsender *sender, lsn_t flushed, bool wants_reply)
{
    if (sender->status_count == STATUSES_MAX)
        take_status(sender);
    int64_t arrives_ms = server_arrival_ms();
    if (sender->status_count > 0 &&
        sender->statuses[sender->status_count - 1].arrives_ms > arrives_ms)
        arrives_ms = sender->statuses[sender->status_count - 1].arrives_ms;
    sender->statuses[sender->status_count++] = (struct sent_status){
        .arrives_ms = arrives_ms, .flushed = flushed, .wants_reply = wants_reply};
}

void walsender_lose(struct walsender *sender)
{
    while (sender->status_count > 0 && server_roll(2) == 0)
        take_status(sender);
    sender->status_count = 0;
}

// The server waits half of its timeout, asks, and waits for the other half.
static bool is_patient(struct walsender *sender)
{
    int64_t timeout_ms = world.scenario.wal_sender_timeout_ms;
    int64_t silent_ms = world.now_ms - sender->heard_ms;
    if (timeout_ms == 0)
        return true;
    if (silent_ms >= timeout_ms) {
        world_trace("the server gives up a silent reader");
        // Who has taken leave tells nothing any more.
        if (server.silent_until_ms <= sender->heard_ms && !sender->is_leaving)
            world_broken(INVARIANT_ALIVE, "no status for %lld ms", (long long)silent_ms);
        return false;
    }
    if (silent_ms >= timeout_ms / 2 && !sender->asked && sender->count < WINDOW_MAX) {
        push_keepalive(sender, sender->sent, true);
        sender->asked = true;
    }
    return true;
}

bool walsender_act(struct walsender *sender)
{
    while (sender->status_count > 0 && sender->statuses[0].arrives_ms <= world.now_ms)
        take_status(sender);
    if (!sender->is_leaving)
        send_what_fits(sender);
    return is_patient(sender);
}

static int64_t if_to_come(int64_t at_ms)
{
    return at_ms > world.now_ms ? at_ms : CLOCK_NEVER_MS;
}

int64_t walsender_next_ms(const struct walsender *sender)
{
    int64_t at_ms = CLOCK_NEVER_MS;
    int64_t timeout_ms = world.scenario.wal_sender_timeout_ms;
    if (sender->status_count > 0)
        at_ms = sender->statuses[0].arrives_ms;
    if (timeout_ms > 0) {
        at_ms = world_earlier(at_ms, if_to_come(sender->heard_ms + timeout_ms / 2));
        at_ms = world_earlier(at_ms, sender->heard_ms + timeout_ms);
    }
    if (sender->count > 0) {
        const struct sent_message *next = &sender->outbox[sender->oldest % WINDOW_MAX];
        at_ms = world_earlier(at_ms, if_to_come(next->arrives_ms));
        at_ms = world_earlier(at_ms, if_to_come(next->begins_ms));
    }
    return at_ms;
}

bool walsender_is_ready(const struct walsender *sender)
{
    if (sender->count == 0)
        return false;
    const struct sent_message *next = &sender->outbox[sender->oldest % WINDOW_MAX];
    return next->arrives_ms <= world.now_ms ||
           (next->begins_ms > 0 && next->begins_ms <= world.now_ms);
}

bool walsender_take(struct walsender *sender, struct sent_message *message)
{
    if (sender->count == 0)
        return false;
    struct sent_message *next = &sender->outbox[sender->oldest % WINDOW_MAX];
    if (next->arrives_ms > world.now_ms) {
        if (next->begins_ms <= world.now_ms)
            next->begins_ms = 0; // Its first bytes are taken, and are no news any more.
        return false;
    }
    *message = *next;
    sender->oldest++;
    sender->count--;
    promptness_note_taken(message->change, message->change_count);
    // Who takes leave still takes what comes, and throws it away.
    if (message->commit_end > 0 && !sender->is_leaving)
        server.commit_taken = message->commit_end;
    return true;
}
