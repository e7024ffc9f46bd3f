// walsender - the server's end of a stream: it sends what the history holds, as far as the reader
// has room, takes statuses, and gives up a reader that is silent for too long.
#ifndef PGK_SIMULATION_WALSENDER_H
#define PGK_SIMULATION_WALSENDER_H

#include "base/buf.h"
#include "model/lsn.h"
#include "output_plugin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WINDOW_MAX = 512,
    STATUSES_MAX = 64
};

struct sent_message {
    int64_t arrives_ms;
    int64_t begins_ms; // When its first bytes are there; 0: nobody has to know.
    char *bytes;       // Exactly as long as the message, for the sanitizer.
    size_t len;
    lsn_t commit_end; // Of a COMMIT.
    size_t change;    // The changes that it tells.
    size_t change_count;
};

struct sent_status {
    int64_t arrives_ms;
    lsn_t flushed;
    bool wants_reply;
};

struct walsender {
    size_t entry; // The next one, or the one being sent.
    size_t item;
    bool began;
    struct told_before told_before; // By the plugin.
    lsn_t sent;                     // Up to where the log was read.
    lsn_t told;                     // What the reader knows of that.
    struct buf next;                // The message being written.
    struct sent_message outbox[WINDOW_MAX];
    size_t oldest;
    size_t count;
    struct sent_status statuses[STATUSES_MAX];
    size_t status_count;
    int64_t heard_ms; // The reader's last status.
    bool asked;       // It was asked for one since.
    int64_t last_arrival_ms;
    bool is_leaving; // The reader or the server: nothing more is sent.
};

void walsender_start(struct walsender *sender, lsn_t from);
void walsender_release(struct walsender *sender);

// False when the reader is given up.
bool walsender_act(struct walsender *sender);
int64_t walsender_next_ms(const struct walsender *sender);
bool walsender_is_ready(const struct walsender *sender);

// The next message if it is there whole; the caller frees it.
bool walsender_take(struct walsender *sender, struct sent_message *message);

void walsender_hear(struct walsender *sender, lsn_t flushed, bool wants_reply);

// The connection is gone: some of the statuses under way may have come through.
void walsender_lose(struct walsender *sender);

// True while a transaction is sent in part.
bool walsender_is_inside(const struct walsender *sender);

#endif
