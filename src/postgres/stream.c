#include "postgres/stream.h"

#include "base/cursor.h"
#include "postgres/epoch.h"

#include <assert.h>

enum {
    STATUS_EVERY_MS = 10000,
    STATUS_SPACING_MS = 1000,
    STATUS_OFTEN_MS = 100
};

void stream_init(struct stream *stream, lsn_t start, int64_t wal_sender_timeout_ms, int64_t now_ms)
{
    int64_t third_ms = wal_sender_timeout_ms / 3;
    bool hurried = wal_sender_timeout_ms > 0 && third_ms < STATUS_EVERY_MS;
    *stream = (struct stream){
        .status_every_ms = hurried ? third_ms : STATUS_EVERY_MS,
        .status_at_ms = now_ms,
        .received = start,
        // What was told last may have gone down with the connection before.
        .flushed_told = 0,
    };
}

void stream_ask_often(struct stream *stream)
{
    stream->ask_for_reply = true;
    if (stream->status_every_ms > STATUS_OFTEN_MS)
        stream->status_every_ms = STATUS_OFTEN_MS;
}

static void note_received(struct stream *stream, lsn_t lsn)
{
    if (lsn > stream->received)
        stream->received = lsn;
}

static void read_data(struct cursor *cursor, struct stream_message *message)
{
    message->kind = STREAM_DATA;
    message->data.start = cursor_u64(cursor);
    message->data.end = cursor_u64(cursor);
    cursor_u64(cursor); // The server's clock, of which we make nothing.
    message->data.payload = cursor->rest;
}

static void read_keepalive(
    struct cursor *cursor, struct stream *stream, struct stream_message *message)
{
    message->kind = STREAM_KEEPALIVE;
    message->position = cursor_u64(cursor);
    cursor_u64(cursor);
    stream->reply_wanted |= cursor_u8(cursor) != 0;
}

bool stream_read(
    struct stream *stream, struct str copy_data, struct stream_message *message, struct err *err)
{
    struct cursor cursor = cursor_over(copy_data);
    uint8_t kind = cursor_u8(&cursor);
    *message = (struct stream_message){.kind = STREAM_UNKNOWN};
    if (kind == 'w')
        read_data(&cursor, message);
    else if (kind == 'k')
        read_keepalive(&cursor, stream, message);
    if (!cursor_ok(&cursor))
        return err_set(err, ERR_DATA,
            "the server sent a replication message of %zu bytes, too short", copy_data.len);
    note_received(stream, message->data.start);
    note_received(stream, message->data.end);
    note_received(stream, message->position);
    return true;
}

int64_t stream_status_due_ms(const struct stream *stream, lsn_t flushed)
{
    bool moved = flushed > stream->flushed_told;
    bool is_first = stream->flushed_told == 0;
    if (moved && (stream->reply_wanted || is_first))
        return 0;
    bool hurried = stream->reply_wanted || moved;
    int64_t wait_ms = stream->status_every_ms;
    if (hurried && wait_ms > STATUS_SPACING_MS)
        wait_ms = STATUS_SPACING_MS;
    return stream->status_at_ms + wait_ms;
}

static char *put_u64(char *at, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (char)(value >> shift);
    return at;
}

struct stream_status stream_status(
    struct stream *stream, lsn_t flushed, int64_t now_ms, int64_t wall_us)
{
    // The server believes any position, for ever: one too far is loss.
    assert(flushed <= stream->received);
    struct stream_status status;
    char *at = status.bytes;
    *at++ = 'r';
    at = put_u64(at, stream->received);
    at = put_u64(at, flushed);
    at = put_u64(at, flushed); // Applied: the same to us.
    at = put_u64(at, (uint64_t)(wall_us - POSTGRES_EPOCH_US));
    *at++ = stream->ask_for_reply ? 1 : 0;
    assert(at == status.bytes + sizeof status.bytes);

    stream->status_at_ms = now_ms;
    stream->flushed_told = flushed;
    stream->reply_wanted = false;
    return status;
}
