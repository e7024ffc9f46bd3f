#include "kinesis/service.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "kinesis/credentials.h"
#include "kinesis/sigv4.h"
#include "kinesis/wire.h"

#include <stdlib.h>

// The AWS SDKs' measure (ClockSkew in aws-sdk-java-v2): AWS takes signatures up to five minutes
// old.
#define SKEW_US_MIN (4 * 60 * INT64_C(1000000))

struct service {
    struct http *http;
    struct endpoint endpoint;
    struct str profile; // As chosen on the command line.
    struct credentials credentials;
    struct sigv4_signer signer;
    int64_t clock_offset_us; // Added to this host's wall time.
    const struct wire *wire;
    bool wire_is_settled;    // By the operator, or since the service refused the other one.
    bool wire_is_understood; // The service has answered to it.
    unsigned epoch;          // Changes with the credentials, the offset and the wire.
};

static void set_signer(struct service *service)
{
    sigv4_signer_init(&service->signer, (struct sigv4_identity){
                                            .key_id = service->credentials.key_id,
                                            .secret = service->credentials.secret,
                                            .region = str_from_c(service->endpoint.region),
                                            .service = STR("kinesis"),
                                        });
}

static bool look_up(struct service *service, const struct service_options *options,
    const struct stream_name *stream, struct err *err)
{
    struct aws_profile profile;
    if (!aws_profile_read(&profile, options->profile, err))
        return false;
    bool ok = endpoint_resolve(&service->endpoint, &options->endpoint, stream, &profile, err) &&
              credentials_find(&service->credentials, &profile, err);
    aws_profile_release(&profile);
    return ok;
}

struct service *service_new(
    const struct service_options *options, const struct stream_name *stream, struct err *err)
{
    struct service *service = alloc_zeroed(1, sizeof *service);
    service->profile = options->profile;
    service->wire = options->wire == WIRE_JSON ? &wire_json : &wire_cbor;
    service->wire_is_settled = options->wire != WIRE_AUTO;
    if (look_up(service, options, stream, err)) {
        const char *ca_bundle = getenv("AWS_CA_BUNDLE");
        const struct http_options http_options = {
            .url = service->endpoint.url,
            .ca_bundle = ca_bundle && *ca_bundle ? ca_bundle : NULL,
            .exchanges_max = options->calls_max,
            .body_bytes_max = options->body_bytes_max,
        };
        set_signer(service);
        service->http = http_new(&http_options, err);
    }
    if (service->http)
        return service;
    service_free(service);
    return NULL;
}

void service_free(struct service *service)
{
    if (service->http)
        http_free(service->http);
    sigv4_signer_release(&service->signer);
    credentials_release(&service->credentials);
    free(service);
}

struct http *service_http(struct service *service)
{
    return service->http;
}

const struct endpoint *service_endpoint(const struct service *service)
{
    return &service->endpoint;
}

const struct wire *service_wire(const struct service *service)
{
    return service->wire;
}

// The headers of a call, as they are signed: in lower case, sorted. The last, which is not signed,
// is the signature.
struct call_headers {
    struct header list[6];
    size_t count;
};

static void add_header(struct call_headers *headers, struct str name, struct str value)
{
    headers->list[headers->count++] = (struct header){.name = name, .value = value};
}

void service_call(struct service *service, struct http_exchange *exchange, const char *operation)
{
    struct buf target;
    struct buf authorization;
    buf_init(&target, 128);
    buf_init(&authorization, 1024);
    buf_printf(&target, "Kinesis_20131202.%s", operation);
    struct sigv4_time time = sigv4_time(clock_wall_us() + service->clock_offset_us);

    struct call_headers headers = {.count = 0};
    add_header(&headers, STR("content-type"), service->wire->content_type);
    add_header(&headers, STR("host"), str_from_c(service->endpoint.host));
    add_header(&headers, STR("x-amz-date"), sigv4_time_str(&time));
    if (service->credentials.session_token.len > 0)
        add_header(&headers, STR("x-amz-security-token"), service->credentials.session_token);
    add_header(&headers, STR("x-amz-target"), buf_str(&target));

    const struct sigv4_request request = {
        .method = STR("POST"),
        .path = STR("/"),
        .query = STR(""),
        .headers = headers.list,
        .header_count = headers.count,
        .body = sha256_of(http_body(exchange)),
        .time = time,
    };
    sigv4_sign(&service->signer, &request, &authorization);
    add_header(&headers, STR("authorization"), buf_str(&authorization));

    exchange->epoch = service->epoch;
    http_send(exchange, headers.list, headers.count);
    buf_release(&target);
    buf_release(&authorization);
}

static bool find_again(struct str chosen, struct credentials *found, struct err *err)
{
    struct aws_profile profile;
    if (!aws_profile_read(&profile, chosen, err))
        return false;
    bool ok = credentials_find(found, &profile, err);
    aws_profile_release(&profile);
    return ok;
}

// True when there are others now than the refused call was signed with.
static bool reload_credentials(struct service *service)
{
    struct credentials found;
    struct err err;
    if (!find_again(service->profile, &found, &err)) {
        log_event(LOG_WARNING, "cannot look for new credentials: %s", err.text);
        return false;
    }
    if (credentials_equal(&found, &service->credentials)) {
        credentials_release(&found);
        return false;
    }
    sigv4_signer_release(&service->signer);
    credentials_release(&service->credentials);
    service->credentials = found;
    set_signer(service);
    service->epoch++;
    log_event(LOG_INFO, "new credentials were found");
    return true;
}

// True when the service's clock is far from the one the refused call was signed by.
static bool correct_clock(struct service *service, int64_t service_wall_us)
{
    if (service_wall_us == 0)
        return false;
    int64_t offset_us = service_wall_us - clock_wall_us();
    int64_t error_us = offset_us - service->clock_offset_us;
    if (error_us > -SKEW_US_MIN && error_us < SKEW_US_MIN)
        return false;
    service->clock_offset_us = offset_us;
    service->epoch++;
    log_event(LOG_WARNING,
        "this host's clock is %lld s %s the service's: requests are signed by the service's; "
        "hint: synchronize the clock",
        (long long)(llabs(offset_us) / 1000000), offset_us > 0 ? "behind" : "ahead of");
    return true;
}

// True when the endpoint seems to know no CBOR, and nothing has shown yet that it does.
static bool change_wire(struct service *service, const struct service_error *error)
{
    if (service->wire_is_settled || service->wire_is_understood)
        return false;
    service->wire = &wire_json;
    service->wire_is_settled = true;
    service->epoch++;
    log_event(LOG_WARNING,
        "the endpoint does not take CBOR (status %ld%s%s): requests go as JSON; hint: --wire json",
        error->status, error->code.text[0] ? " " : "", error->code.text);
    return true;
}

// True when the same call, written and signed now, has a better chance.
static bool learn_from(struct service *service, const struct http_exchange *exchange,
    const struct service_error *error)
{
    const bool refuses_form = service_error_refuses_form(error);
    if (error->class != SERVICE_AUTH && error->class != SERVICE_CLOCK && !refuses_form)
        return false;
    if (exchange->epoch != service->epoch)
        return true; // It was under way when another one taught us.
    if (refuses_form)
        return change_wire(service, error);
    if (error->class == SERVICE_CLOCK && correct_clock(service, exchange->reply.date_us))
        return true;
    return reload_credentials(service);
}

static bool may_know_no_cbor(const struct service *service, const struct service_error *error)
{
    return service->wire == &wire_cbor && !service->wire_is_understood &&
           service_error_refuses_form(error);
}

bool service_succeeded(struct service *service, struct http_exchange *exchange,
    const char *operation, struct service_error *error, struct err *err)
{
    if (exchange->err.kind != ERR_NONE) {
        *error = (struct service_error){.class = SERVICE_TRANSIENT};
        if (exchange->err.kind == ERR_OPERATOR)
            error->class = SERVICE_CONFIG;
        *err = exchange->err;
        return err_wrap(err, "%s at %s", operation, service->endpoint.url);
    }
    if (exchange->reply.status == 200)
        return service->wire_is_understood = true;
    *error = service_error_read(
        exchange->reply.status, str_from_c(exchange->reply.error_type), &exchange->reply.body);
    if (may_know_no_cbor(service, error))
        error->hint = "if it does not know CBOR: --wire json; else check the endpoint URL";
    service_error_explain(error, operation, err);
    log_event(LOG_DEBUG, "%s, request id \"%s\"", err->text,
        err_quote(str_from_c(exchange->reply.request_id)).text); // What AWS's support asks for.
    if (learn_from(service, exchange, error))
        err->kind = ERR_RETRY;
    return false;
}
