// service - signed calls to Kinesis Data Streams: http, credentials and a clock that is right.
//
// A call refused for its credentials has them looked up again; one refused for its time teaches the
// service's own clock; a first one refused for its form has the next ones written in JSON. Nothing
// is called twice from here: the next call does better.
#ifndef PGK_KINESIS_SERVICE_H
#define PGK_KINESIS_SERVICE_H

#include "base/err.h"
#include "kinesis/endpoint.h"
#include "kinesis/http.h"
#include "kinesis/service_error.h"
#include "model/wire_choice.h"

struct service;
struct stream_name;
struct wire;

struct service_options {
    struct endpoint_options endpoint;
    enum wire_choice wire;
    struct str profile; // As chosen on the command line, "" when not; borrowed for ever.
    size_t calls_max;   // At the same time.
    size_t body_bytes_max;
};

// Looks everything up that a call needs: profile, credentials, region, address. NULL with err.
struct service *service_new(
    const struct service_options *options, const struct stream_name *stream, struct err *err);
void service_free(struct service *service);

struct http *service_http(struct service *service);
const struct endpoint *service_endpoint(const struct service *service);

// How to write what is called next.
const struct wire *service_wire(const struct service *service);

// Signs what the exchange's body says and sends it; operation is the API's name for it.
void service_call(struct service *service, struct http_exchange *exchange, const char *operation);

// True when the reply is the operation's own; otherwise what went wrong, and err says it in a line.
// One that newer credentials, a corrected clock or another wire would now spare has the kind
// ERR_RETRY. The body
// of such a reply is spent.
bool service_succeeded(struct service *service, struct http_exchange *exchange,
    const char *operation, struct service_error *error, struct err *err);

#endif
