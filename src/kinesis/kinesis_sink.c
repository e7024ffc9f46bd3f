#include "kinesis/kinesis_sink.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/once.h"
#include "kinesis/lane_key.h"
#include "kinesis/put_records.h"
#include "kinesis/service.h"
#include "kinesis/stream_name.h"
#include "kinesis/wire.h"
#include "model/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PUT_RECORDS     "PutRecords"
#define DESCRIBE_STREAM "DescribeStreamSummary"

enum {
    REQUESTS_DEFAULT = 16,
    REQUESTS_MOST = 256
};

struct kinesis_sink {
    struct sink base; // First: a struct sink * is a struct kinesis_sink *.
    struct service *service;
    struct stream_name stream;
    struct lane_key *lane_keys; // NULL: records go by their partition keys.
    struct buf aggregates;
    struct put_records_form form; // It borrows these three.
    size_t requests_max;
    struct batch **seats; // The batches under way, NULL in a free seat; an exchange's tag is one.
    size_t seats_taken;
    struct batch **ready; // Those that are done and not asked for yet.
    size_t ready_count;
    struct http_exchange *describing; // NULL when nothing was asked, or the answer was taken.
    bool described;                   // The answer is there.
    struct once failures_line;
};

static struct kinesis_sink *self(struct sink *base)
{
    return (struct kinesis_sink *)base;
}

static bool has_room(const struct sink *base)
{
    const struct kinesis_sink *sink = (const struct kinesis_sink *)base;
    return sink->seats_taken + sink->ready_count < sink->requests_max;
}

static struct batch **free_seat(struct kinesis_sink *sink)
{
    for (size_t i = 0; i < sink->requests_max; i++) {
        if (!sink->seats[i])
            return &sink->seats[i];
    }
    return NULL;
}

static void submit(struct sink *base, struct batch *batch)
{
    struct kinesis_sink *sink = self(base);
    assert(has_room(base));
    assert(batch->count > 0 && batch->count <= BATCH_RECORDS_MAX);
    struct http *http = service_http(sink->service);
    struct http_exchange *exchange = http_take(http);
    assert(exchange);

    batch->err = (struct err){.kind = ERR_NONE};
    sink->form.wire = service_wire(sink->service);
    put_records_write(&exchange->request, &sink->form, batch);
    if (!buf_ok(&exchange->request)) {
        err_set(&batch->err, ERR_DATA, PUT_RECORDS ": a request of %zu bytes is too large",
            buf_wanted(&exchange->request) - HTTP_HEAD_BYTES_MAX);
        batch_settle_all(batch, OUTCOME_FAILED);
        sink->ready[sink->ready_count++] = batch;
        http_give_back(http, exchange);
        return;
    }
    struct batch **seat = free_seat(sink);
    *seat = batch;
    exchange->tag = seat;
    sink->seats_taken++;
    service_call(sink->service, exchange, PUT_RECORDS);
}

static enum outcome outcome_of(const struct http_exchange *exchange, enum service_class class)
{
    if (class == SERVICE_THROTTLED)
        return OUTCOME_THROTTLED;
    return class == SERVICE_TRANSIENT && exchange->may_have_left ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
}

// A shard at its limit is everyday; a record that fails again and again is not, and nothing else
// would tell of it.
static void tell_failures(
    struct kinesis_sink *sink, size_t sent, const struct put_records_counts *counts)
{
    enum log_level level = counts->failed > 0 ? LOG_WARNING : LOG_INFO;
    log_event(once_a_minute(&sink->failures_line, clock_now_ms()) ? level : LOG_DEBUG,
        PUT_RECORDS ": %zu of %zu records were not stored, and are sent again; the first: %s",
        sent - counts->stored, sent, counts->first_failure.text);
}

static void settle(struct kinesis_sink *sink, struct batch *batch, struct http_exchange *exchange)
{
    struct service_error error;
    struct put_records_counts counts;
    batch->retry_after_ms = exchange->reply.retry_after_ms;
    if (!service_succeeded(sink->service, exchange, PUT_RECORDS, &error, &batch->err))
        batch_settle_all(batch, outcome_of(exchange, error.class));
    else if (!put_records_read(batch, &exchange->reply.body, &counts, &batch->err))
        batch_settle_all(batch, OUTCOME_UNKNOWN);
    else if (counts.stored < batch->count)
        tell_failures(sink, batch->count, &counts);
}

// Takes in what the network has finished.
static void absorb(struct kinesis_sink *sink)
{
    struct http *http = service_http(sink->service);
    struct http_exchange *exchange;
    while ((exchange = http_next_done(http))) {
        if (exchange == sink->describing) {
            sink->described = true; // Given back when its answer is read.
            continue;
        }
        struct batch **seat = exchange->tag;
        settle(sink, *seat, exchange);
        sink->ready[sink->ready_count++] = *seat;
        *seat = NULL;
        sink->seats_taken--;
        http_give_back(http, exchange);
    }
}

static size_t memory_bytes(const struct sink *base)
{
    return http_memory_bytes(service_http(((const struct kinesis_sink *)base)->service));
}

static struct batch *next_done(struct sink *base)
{
    struct kinesis_sink *sink = self(base);
    absorb(sink);
    return sink->ready_count > 0 ? sink->ready[--sink->ready_count] : NULL;
}

static void wait(struct sink *base, struct wait_fd *fds, size_t count, int timeout_ms)
{
    struct kinesis_sink *sink = self(base);
    http_wait(service_http(sink->service), fds, count, sink->ready_count > 0 ? 0 : timeout_ms);
}

static void sink_free(struct sink *base)
{
    struct kinesis_sink *sink = self(base);
    service_free(sink->service);
    for (size_t i = 0; i < sink->requests_max; i++)
        batch_free(sink->seats[i]);
    for (size_t i = 0; i < sink->ready_count; i++)
        batch_free(sink->ready[i]);
    free(sink->seats);
    free(sink->ready);
    free(sink->lane_keys);
    buf_release(&sink->aggregates);
    free(sink);
}

static struct service *connect_service(
    const struct kinesis_options *options, const struct kinesis_sink *sink, struct err *err)
{
    const struct service_options service_options = {
        .endpoint =
            {
                .url = options->endpoint_url,
                .region = options->region,
                .insecure = options->insecure_endpoint,
            },
        .wire = options->wire,
        .profile = options->profile,
        .calls_max = sink->requests_max + 1, // One to describe the stream with.
        .body_bytes_max = PUT_RECORDS_BODY_BYTES_MAX,
    };
    return service_new(&service_options, &sink->stream, err);
}

static struct lane_key *keys_of_lanes(unsigned bits)
{
    if (bits == 0)
        return NULL;
    uint32_t count = (uint32_t)1 << bits;
    struct lane_key *keys = alloc_bytes(count * sizeof *keys);
    for (uint32_t lane = 0; lane < count; lane++)
        keys[lane] = lane_key_of(lane, bits);
    return keys;
}

struct kinesis_sink *kinesis_sink_new(const struct kinesis_options *options, struct err *err)
{
    struct kinesis_sink *sink = alloc_zeroed(1, sizeof *sink);
    sink->requests_max = options->requests_max > 0 ? options->requests_max : REQUESTS_DEFAULT;
    assert(sink->requests_max <= REQUESTS_MOST);
    if (stream_name_parse(options->stream, &sink->stream, err))
        sink->service = connect_service(options, sink, err);
    if (!sink->service) {
        free(sink);
        return NULL;
    }
    sink->base = (struct sink){
        .has_room = has_room,
        .submit = submit,
        .next_done = next_done,
        .memory_bytes = memory_bytes,
        .wait = wait,
        .free = sink_free,
    };
    sink->lane_keys = keys_of_lanes(options->lane_bits);
    buf_init(&sink->aggregates, PUT_RECORDS_AGGREGATES_BYTES_MAX);
    sink->form = (struct put_records_form){
        .stream = &sink->stream,
        .lane_keys = sink->lane_keys,
        .aggregates = &sink->aggregates,
    };
    sink->seats = alloc_zeroed(sink->requests_max, sizeof *sink->seats);
    sink->ready = alloc_zeroed(sink->requests_max, sizeof *sink->ready);
    return sink;
}

struct sink *kinesis_sink_base(struct kinesis_sink *sink)
{
    return &sink->base;
}

void kinesis_sink_describe_start(struct kinesis_sink *sink)
{
    assert(!sink->describing);
    sink->describing = http_take(service_http(sink->service));
    assert(sink->describing); // There is one exchange more than batches can take.
    sink->described = false;
    service_wire(sink->service)->write_stream(&sink->describing->request, &sink->stream);
    service_call(sink->service, sink->describing, DESCRIBE_STREAM);
}

static bool read_description(struct kinesis_sink *sink, struct stream_facts *facts, struct err *err)
{
    struct service_error error;
    if (service_succeeded(sink->service, sink->describing, DESCRIBE_STREAM, &error, err))
        return describe_stream_read(&sink->describing->reply.body, facts, err);
    if (strcmp(error.code.text, "AccessDeniedException") != 0)
        return false;
    *facts = stream_facts_assumed();
    return true;
}

enum step kinesis_sink_describe_step(
    struct kinesis_sink *sink, struct stream_facts *facts, struct err *err)
{
    assert(sink->describing);
    absorb(sink);
    if (!sink->described)
        return STEP_BUSY;
    const struct wire *asked_in = service_wire(sink->service);
    bool ok = read_description(sink, facts, err);
    http_give_back(service_http(sink->service), sink->describing);
    sink->describing = NULL;
    if (ok)
        return STEP_DONE;
    if (service_wire(sink->service) == asked_in)
        return STEP_FAILED;
    kinesis_sink_describe_start(sink); // Refused for its form: asked again in the other one.
    return STEP_BUSY;
}

const char *kinesis_sink_url(const struct kinesis_sink *sink)
{
    return service_endpoint(sink->service)->url;
}

const char *kinesis_sink_region(const struct kinesis_sink *sink)
{
    return service_endpoint(sink->service)->region;
}
