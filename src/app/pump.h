// pump - one turn of the program: take events, hand out batches, settle what came back, confirm.
//
// It draws from a source and gives to a sink, between which delivery keeps order and account. It
// reads no clock and sleeps only in pump_sleep().
#ifndef PGK_APP_PUMP_H
#define PGK_APP_PUMP_H

#include "app/intake.h"
#include "app/trouble.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/once.h"
#include "model/event.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery;
struct sink;
struct source;
struct wait_fd;

enum pump_state {
    PUMP_FLOWS,
    PUMP_REACHED_END,   // Everything up to the end position was taken.
    PUMP_SERVER_ENDED,  // The server ended the stream in good order.
    PUMP_SOURCE_FAILED, // The connection is lost, or what it says makes no sense.
    PUMP_REFUSED,       // The sink refuses, ever since or for good: the operator must act.
    PUMP_STUCK          // A record cannot be delivered or kept; what came before it can.
};

struct pump {
    struct source *source; // NULL between connections.
    struct sink *sink;
    struct delivery *delivery;
    struct intake intake;
    struct trouble trouble;
    lsn_t end_lsn; // Stop there; 0: never.

    struct event held; // Taken, and waiting until earlier records of its table are stored.
    bool holds;
    bool may_sleep;        // Nothing is left to do but wait.
    bool reading;          // Events are taken, if there is room.
    bool sending;          // Batches are handed out, if the sink has room.
    bool suspended;        // By whoever says so: none is handed out, what is queued waits.
    int64_t full_since_ms; // 0: there is room.
    struct once full_warning;
    uint64_t inverted_told; // Of delivery's count.
    struct once inverted_warning;
};

// Borrows sink and delivery.
void pump_init(
    struct pump *pump, struct sink *sink, struct delivery *delivery, size_t record_bytes_max);
void pump_release(struct pump *pump);

// The stream begins at `flushed`: borrows the source. As intake_restart().
void pump_attach(struct pump *pump, struct source *source, lsn_t flushed, bool same_log);

// The connection is gone. What is in flight is still to be settled.
void pump_detach(struct pump *pump);

// One turn. Unless it flows, *err says why and pump_drain_turn() is all that is left.
enum pump_state pump_turn(struct pump *pump, struct moment now, struct err *err);

// A turn that takes nothing new: what is queued goes out, what comes back is settled, and the
// position is confirmed while there is a connection.
enum pump_state pump_drain_turn(struct pump *pump, struct moment now, struct err *err);

// A turn that only settles what comes back.
enum pump_state pump_settle_turn(struct pump *pump, struct moment now, struct err *err);

// Sleep until there is something to do, `wake_fd` is readable, or the deadline.
void pump_sleep(struct pump *pump, int64_t now_ms, int wake_fd, int64_t deadline_ms);

#endif
