#include "sim/connection.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "sim/http_request.h"
#include "sim/service.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum {
    IN_BYTES_MAX = HTTP_HEAD_BYTES_MAX + HTTP_BODY_BYTES_MAX,
    OUT_BYTES_MAX = 100 << 20,
    READ_BYTES = 64 << 10,
    BYTES_KEPT = 4 << 20, // A larger buffer is given back between requests.
};

struct connection *connection_new(int fd, const struct tls *tls)
{
    struct connection *connection = alloc_zeroed(1, sizeof *connection);
    channel_init(&connection->channel, fd, tls);
    connection->state = CONNECTION_READING;
    buf_init(&connection->in, IN_BYTES_MAX);
    buf_init(&connection->out, OUT_BYTES_MAX);
    return connection;
}

void connection_free(struct connection *connection)
{
    channel_release(&connection->channel);
    buf_release(&connection->in);
    buf_release(&connection->out);
    free(connection);
}

short connection_events(const struct connection *connection)
{
    switch (connection->state) {
    case CONNECTION_READING:
        return channel_wanted(&connection->channel, POLLIN);
    case CONNECTION_WRITING:
        return channel_wanted(&connection->channel, POLLOUT);
    case CONNECTION_SILENT:
        return POLLRDHUP; // The peer gives up: then so may we.
    case CONNECTION_HOLDING:
    case CONNECTION_DONE:
        break;
    }
    return 0;
}

int64_t connection_deadline_ms(const struct connection *connection)
{
    return connection->state == CONNECTION_HOLDING ? connection->answer_at_ms : CLOCK_NEVER_MS;
}

static void receive(struct connection *connection)
{
    struct buf *in = &connection->in;
    size_t room = connection->in_wanted > in->len ? connection->in_wanted - in->len : READ_BYTES;
    if (room > in->bytes_max - in->len)
        room = in->bytes_max - in->len;
    ssize_t len = channel_receive(&connection->channel, buf_room(in, room), room);
    if (len > 0)
        buf_grow(in, (size_t)len);
    else if (len < 0)
        connection->state = CONNECTION_DONE;
}

static void write_head(struct buf *out, const struct reply *reply, bool keep_alive)
{
    // Clients correct their clocks by this.
    char date[40];
    time_t now = (time_t)reply->date_s;
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    buf_printf(out,
        "HTTP/1.1 %d %s\r\n"
        "x-amzn-RequestId: %s\r\n"
        "Date: %s\r\n"
        "Content-Type: %s\r\n"
        "Content-Length: %zu\r\n",
        reply->status, http_reason(reply->status), reply->request_id, date, reply->content_type,
        reply->body.len);
    if (reply->fault.retry_after_s > 0)
        buf_printf(out, "Retry-After: %" PRIu64 "\r\n", reply->fault.retry_after_s);
    if (reply->fault.retry_after_ms > 0)
        buf_printf(out, "x-amz-retry-after: %" PRIu64 "\r\n", reply->fault.retry_after_ms);
    buf_add(out, keep_alive ? STR("\r\n") : STR("Connection: close\r\n\r\n"));
}

static void prepare_answer(struct connection *connection, const struct reply *reply, int64_t now_ms)
{
    struct buf *out = &connection->out;
    connection->out_sent = 0;
    connection->keep_alive = connection->keep_alive && !reply->fault.ends;
    buf_clear(out);
    write_head(out, reply, connection->keep_alive);
    buf_add(out, reply->body);
    if (reply->fault.halves) {
        out->len -= (reply->body.len + 1) / 2;
        connection->keep_alive = false;
    }
    connection->fault = reply->fault;
    connection->request = reply->request;
    connection->answer_at_ms = now_ms + reply->fault.delay_ms;
    connection->state = CONNECTION_HOLDING;
}

// Many clients wait for this before they send a large body, curl for one.
static void say_continue(struct connection *connection, const struct http_request *request)
{
    const struct str *expect = http_header(request, STR("Expect"));
    if (connection->continued || !expect || !http_name_equal(*expect, STR("100-continue")))
        return;
    connection->continued = true;
    // So few bytes fit into an idle socket; a peer that does not get them sends after a while.
    (void)!channel_send(&connection->channel, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void forget_request(struct connection *connection, size_t bytes)
{
    buf_drop(&connection->in, bytes);
    if (connection->in.len == 0 && connection->in.capacity > BYTES_KEPT)
        buf_release(&connection->in);
    connection->in_wanted = 0;
    connection->continued = false;
}

static void take_request(struct connection *connection, struct service *service, int64_t now_ms)
{
    if (connection->in.len < connection->in_wanted)
        return;
    struct http_request request;
    struct reply reply;
    int status;
    switch (http_request_parse(buf_str(&connection->in), &request, &status)) {
    case HTTP_HEAD_WANTED:
        return;
    case HTTP_BODY_WANTED:
        connection->in_wanted = request.bytes;
        say_continue(connection, &request);
        return;
    case HTTP_READY:
        connection->keep_alive = request.keep_alive;
        request.reused = connection->used;
        connection->used = true;
        service_answer(service, &request, &reply);
        prepare_answer(connection, &reply, now_ms);
        forget_request(connection, request.bytes);
        return;
    case HTTP_REFUSED:
        connection->keep_alive = false;
        service_refuse(service, status, &reply);
        prepare_answer(connection, &reply, now_ms);
        forget_request(connection, connection->in.len);
        return;
    }
}

static void settle(struct connection *connection, struct service *service, enum reply_fate fate)
{
    if (connection->request > 0)
        service_settle(service, connection->request, fate);
    connection->request = 0;
}

static void meet_fate(struct connection *connection, struct service *service, int64_t now_ms)
{
    if (now_ms < connection->answer_at_ms)
        return;
    switch (connection->fault.fate) {
    case FATE_ANSWER:
        connection->state = CONNECTION_WRITING;
        break;
    case FATE_CLOSE:
        settle(connection, service, REPLY_DROPPED);
        connection->state = CONNECTION_DONE;
        break;
    case FATE_RESET:
        settle(connection, service, REPLY_DROPPED);
        channel_plan_reset(&connection->channel);
        connection->state = CONNECTION_DONE;
        break;
    case FATE_STALL:
        settle(connection, service, REPLY_DROPPED);
        connection->state = CONNECTION_SILENT;
        break;
    }
}

// A peer that has closed its side may have given up before the answer came, or has only said all
// that it had to say: the network does not tell which.
static bool has_left(const struct connection *connection)
{
    struct pollfd poll_fd = {.fd = connection->channel.fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0;
}

static void transmit(struct connection *connection, struct service *service, int64_t now_ms)
{
    struct str rest = str_after(buf_str(&connection->out), connection->out_sent);
    if (connection->fault.drip_ms > 0)
        rest.len = 1;
    // Asked before the last byte goes: who has it may leave at once.
    const bool left = has_left(connection);
    ssize_t len = channel_send(&connection->channel, rest);
    if (len <= 0) {
        if (len < 0)
            connection->state = CONNECTION_DONE;
        return;
    }
    connection->out_sent += (size_t)len;
    if (connection->out_sent < connection->out.len) {
        if (connection->fault.drip_ms > 0) {
            connection->answer_at_ms = now_ms + connection->fault.drip_ms;
            connection->state = CONNECTION_HOLDING;
        }
        return;
    }
    const enum reply_fate fate = left ? REPLY_BROKEN : REPLY_DELIVERED;
    settle(connection, service, connection->fault.spoils ? REPLY_SPOILED : fate);
    if (connection->out.capacity > BYTES_KEPT)
        buf_release(&connection->out);
    connection->state = CONNECTION_READING;
    if (connection->keep_alive)
        return;
    if (!connection->fault.halves)
        channel_say_end(&connection->channel);
    connection->state = CONNECTION_DONE;
}

void connection_advance(
    struct connection *connection, short ready, struct service *service, int64_t now_ms)
{
    if (connection->state == CONNECTION_SILENT && (ready & (POLLRDHUP | POLLHUP | POLLERR)))
        connection->state = CONNECTION_DONE;
    if (connection->state == CONNECTION_HOLDING && (ready & (POLLHUP | POLLERR)))
        connection->state = CONNECTION_DONE; // Nobody is there to wait for it.
    if (connection->state == CONNECTION_READING && ready)
        receive(connection);
    if (connection->state == CONNECTION_READING && ready)
        take_request(connection, service, now_ms);
    if (connection->state == CONNECTION_HOLDING)
        meet_fate(connection, service, now_ms);
    if (connection->state == CONNECTION_WRITING)
        transmit(connection, service, now_ms);
    if (connection->state == CONNECTION_DONE)
        settle(connection, service, REPLY_BROKEN);
    // A request sent ahead is here already: no poll() would tell of it.
    while (connection->state == CONNECTION_READING && channel_holds_more(&connection->channel))
        receive(connection);
    if (connection->state == CONNECTION_READING && connection->in.len > 0)
        take_request(connection, service, now_ms);
}
