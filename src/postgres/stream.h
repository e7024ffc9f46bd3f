// stream - the streaming replication protocol: CopyData bytes to messages, and our status to bytes.
//
// Pure: no socket, no clock. It keeps the two positions that a status tells: up to where we have
// received, and up to where everything is stored, which is all that the server may forget.
// https://www.postgresql.org/docs/current/protocol-replication.html
#ifndef PGK_POSTGRES_STREAM_H
#define PGK_POSTGRES_STREAM_H

#include "base/err.h"
#include "base/str.h"
#include "model/lsn.h"
#include "postgres/wal_data.h"

#include <stdbool.h>
#include <stdint.h>

enum stream_message_kind {
    STREAM_DATA,
    STREAM_KEEPALIVE, // Before `position` there is nothing for us that was not sent.
    STREAM_UNKNOWN    // From a server younger than we are.
};

struct stream_message {
    enum stream_message_kind kind;
    struct wal_data data; // Borrows the bytes that were read.
    lsn_t position;
};

struct stream {
    int64_t status_every_ms;
    int64_t status_at_ms; // When the last one was sent.
    lsn_t received;
    lsn_t flushed_told;
    bool reply_wanted;  // The server asked for a status.
    bool ask_for_reply; // Every status asks the server to tell its position.
};

enum {
    STREAM_STATUS_BYTES = 34
};
struct stream_status {
    char bytes[STREAM_STATUS_BYTES];
};

// `start` is where the stream was asked to begin.
// `wal_sender_timeout_ms` is the server's, which ends a connection silent for so long; 0 for never.
void stream_init(struct stream *stream, lsn_t start, int64_t wal_sender_timeout_ms, int64_t now_ms);

// For a reader who waits for a position: ask the server where it is, and often.
void stream_ask_often(struct stream *stream);

// Reads one CopyData message. False: it is none that a server sends.
MUST_CHECK bool stream_read(
    struct stream *stream, struct str copy_data, struct stream_message *message, struct err *err);

// When the next status is due: in time, so that the server does not take us for dead; at once with
// the first position of a stream, since a connection may not live for long; at most once a second
// when the position moved (each may cost the server an fsync); and when it asked, at once
// if that tells it something, else once a second too: during its shutdown it answers each status
// with the next question.
int64_t stream_status_due_ms(const struct stream *stream, lsn_t flushed);

// The status to send now. `flushed` has been received.
struct stream_status stream_status(
    struct stream *stream, lsn_t flushed, int64_t now_ms, int64_t wall_us);

#endif
