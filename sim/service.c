#include "sim/service.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "sim/answer.h"
#include "sim/control.h"
#include "sim/dump.h"
#include "sim/http_request.h"
#include "sim/operations.h"
#include "sim/parameters.h"
#include "sim/refusal.h"
#include "sim/sigv4_check.h"
#include "sim/spoil.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    // Ten MiB of data as Base64 and, at worst, as many of keys with every character escaped.
    REPLY_BYTES_MAX = 96 << 20,
    REPLY_BYTES_KEPT = 4 << 20,
};

static const struct str TARGET_PREFIX = STR_CONST("Kinesis_20131202.");
static const char *const content_types[] = {
    [DOCUMENT_JSON] = "application/x-amz-json-1.1",
    [DOCUMENT_CBOR] = "application/x-amz-cbor-1.1",
};

void service_init(
    struct service *service, struct account_rules rules, struct credentials credentials)
{
    *service = (struct service){.credentials = credentials};
    account_init(&service->account, rules);
    service->parameters = alloc_zeroed(1, sizeof *service->parameters);
    buf_init(&service->body, REPLY_BYTES_MAX);
    service->request_ids = random_from((uint64_t)clock_wall_us());
}

void service_release(struct service *service)
{
    account_release(&service->account);
    free(service->parameters);
    buf_release(&service->body);
}

static void start_reply(struct service *service, struct reply *reply)
{
    const int64_t offset_s = service->account.faults.rates.clock_offset_s;
    *reply = (struct reply){
        .fault.fate = FATE_ANSWER,
        .date_s = clock_wall_us() / 1000000 + offset_s,
    };
    uint64_t high = random_below(&service->request_ids, UINT64_MAX);
    uint64_t low = random_below(&service->request_ids, UINT64_MAX);
    snprintf(reply->request_id, sizeof reply->request_id,
        "%08" PRIx32 "-%04x-%04x-%04x-%012" PRIx64, (uint32_t)(high >> 32),
        (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xffff), (unsigned)(low >> 48),
        low & 0xffffffffffff);
}

// Where the service cannot tell which protocol is spoken, it answers with XML.
static bool refuse_in_xml(struct reply *reply, int status, const char *body)
{
    reply->status = status;
    reply->content_type = "application/xml";
    reply->body = str_from_c(body);
    return false;
}

// The form that a request says its body is in; false when it says none that is spoken here.
static bool find_form(
    const struct service *service, const struct http_request *request, enum document_form *form)
{
    const struct str *content_type = http_header(request, STR("Content-Type"));
    *form = DOCUMENT_JSON;
    if (content_type && http_name_equal(*content_type, str_from_c(content_types[DOCUMENT_JSON])))
        return true;
    *form = DOCUMENT_CBOR;
    return content_type && !service->account.rules.only_json &&
           http_name_equal(*content_type, str_from_c(content_types[DOCUMENT_CBOR]));
}

// What is asked for, and in which form.
struct call {
    const struct operation *operation; // NULL: none that there is.
    enum document_form form;
};

static bool find_call(const struct service *service, const struct http_request *request,
    struct call *call, struct reply *reply)
{
    static const char unable[] =
        "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "
        "authorized</Message>\n</AccessDeniedException>\n";
    const struct str *target = http_header(request, STR("X-Amz-Target"));
    if (!str_equal(request->method, STR("POST")) || !target)
        return refuse_in_xml(reply, 403, unable);
    if (!find_form(service, request, &call->form))
        return refuse_in_xml(reply, 404, "<UnknownOperationException/>\n");
    call->operation = str_starts_with(*target, TARGET_PREFIX)
                          ? operation_find(str_after(*target, TARGET_PREFIX.len))
                          : NULL;
    return true;
}

// What is checked once it is known who asks.
static bool may_run(struct service *service, const struct http_request *request,
    const struct operation *operation, struct refusal *refusal)
{
    const char *expired = service->account.faults.rates.expired_token;
    const struct str *token = http_header(request, STR("X-Amz-Security-Token"));
    if (*expired && token && str_equal(*token, str_from_c(expired)))
        return refuse(refusal, "ExpiredTokenException",
            "The security token included in the request is expired");
    if (str_equal(operation->name, service->credentials.denied_operation))
        return refuse(refusal, "AccessDeniedException",
            "User: arn:aws:iam::" STREAM_ACCOUNT ":user/test is not authorized to perform: "
            "kinesis:" STR_FMT " because no identity-based policy allows the action",
            STR_ARG(operation->name));
    return true;
}

static struct strike find_strike(
    struct service *service, const struct http_request *request, const struct operation *operation)
{
    struct account *account = &service->account;
    struct fault_rules *rules = &account->faults.rules;
    struct fault_record records[LIMIT_REQUEST_RECORDS];
    struct fault_request asked = {.operation = operation->name, .reused = request->reused};
    const bool is_put = operation->run == put_records || operation->run == put_record;
    if (is_put && fault_rules_ask_records(rules)) {
        asked.records = records;
        asked.records_count = put_list(account, service->parameters, records);
    }
    return fault_rules_for_request(rules, &asked, &account->faults.random);
}

// Does what is asked for, as far as the rules let it.
static bool run_struck(struct service *service, const struct http_request *request,
    struct call call, struct refusal *refusal)
{
    struct account *account = &service->account;
    account->operation = call.operation->name;
    account->strike = find_strike(service, request, call.operation);
    struct answer answer = answer_in(call.form, &service->body);
    if (spoil_lets_run(&account->strike) &&
        !call.operation->run(account, service->parameters, &answer, refusal))
        return false;
    return spoil_lets_pass(&account->strike, refusal);
}

static bool run(struct service *service, const struct http_request *request, struct call call,
    struct refusal *refusal)
{
    struct account *account = &service->account;
    const int64_t wall_us = clock_wall_us();
    account->now_ms = wall_us / 1000;
    streams_settle(&account->streams, account->now_ms);
    if (!call.operation)
        return refuse(refusal, "UnknownOperationException", "%s", "");

    const struct sigv4_rules rules = {
        .key_id = service->credentials.key_id,
        .secret = service->credentials.secret,
        .service = STR("kinesis"),
        .region = service->credentials.region,
        .now_s = wall_us / 1000000 + account->faults.rates.clock_offset_s,
    };
    if (!sigv4_check(request, &rules, &account->region, refusal)) {
        account->counters.signature_failures++;
        return false;
    }
    if (!may_run(service, request, call.operation, refusal))
        return false;
    // The bytes are the connection's, which is done with them: the digest was taken before.
    struct document body = document_over(call.form, (char *)request->body.ptr, request->body.len);
    return parameters_read(service->parameters, body, refusal) &&
           run_struck(service, request, call, refusal);
}

static void write_refusal(struct buf *body, enum document_form form, const struct refusal *refusal)
{
    buf_clear(body);
    struct answer answer = answer_in(form, body);
    answer_open_map(&answer);
    answer_name(&answer, STR("__type"));
    answer_text(&answer, str_from_c(refusal->type));
    if (refusal->message[0]) {
        answer_name(&answer, STR("message"));
        answer_text(&answer, str_from_c(refusal->message));
    }
    answer_close_map(&answer);
}

static void answer_api(
    struct service *service, const struct http_request *request, struct reply *reply)
{
    struct account *account = &service->account;
    account->counters.requests++;
    account->request = replies_begin(&account->replies);
    reply->request = account->request;
    struct call call;
    if (!find_call(service, request, &call, reply))
        return;
    account->counters.cbor_requests += call.form == DOCUMENT_CBOR;
    const bool is_put_records = call.operation && call.operation->run == put_records;
    account->counters.put_records_requests += is_put_records;
    account->counters.bytes_received += is_put_records ? request->body.len : 0;
    account->strike = (struct strike){.rule = NULL};
    reply->fault = faults_for_request(&account->faults, is_put_records);

    struct refusal refusal;
    reply->status = 200;
    reply->content_type = content_types[call.form];
    if (!run(service, request, call, &refusal)) {
        account->counters.requests_refused++;
        write_refusal(&service->body, call.form, &refusal);
        reply->status = refusal.status;
    }
    reply->body = buf_str(&service->body);
    spoil_reply(&account->strike, reply);
    const enum fault_fate fate = reply->fault.fate;
    account->counters.replies_dropped += fate == FATE_CLOSE || fate == FATE_RESET;
    account->counters.replies_stalled += fate == FATE_STALL;
}

void service_answer(
    struct service *service, const struct http_request *request, struct reply *reply)
{
    if (service->body.capacity > REPLY_BYTES_KEPT)
        buf_release(&service->body);
    buf_clear(&service->body);
    start_reply(service, reply);
    const bool is_control = str_equal(request->path, STR("/control"));
    if (!is_control && !dump_is_asked(request)) {
        answer_api(service, request, reply);
        return;
    }
    reply->status = is_control ? control_answer(&service->account, request, &service->body)
                               : dump_answer(&service->account, request, &service->body);
    reply->content_type = "application/json";
    reply->body = buf_str(&service->body);
}

void service_settle(struct service *service, uint64_t request, enum reply_fate fate)
{
    replies_settle(&service->account.replies, request, fate);
}

void service_refuse(struct service *service, int status, struct reply *reply)
{
    start_reply(service, reply);
    reply->status = status;
    reply->content_type = "text/plain";
    reply->body = STR("");
}
