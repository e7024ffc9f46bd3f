// service - one request in, one reply out: who may ask, what for, and the answer's form.
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include "base/random.h"
#include "sim/account.h"

struct http_request;
struct parameters;

struct credentials {
    struct str key_id;
    struct str secret;
    struct str region;           // The only one they are good for; empty: any.
    struct str denied_operation; // What they may not do; empty: nothing.
};

struct service {
    struct account account;
    struct credentials credentials;
    struct parameters *parameters; // Of the request being answered.
    struct buf body;               // Of its reply.
    struct random request_ids;
};

struct reply {
    int status;
    const char *content_type;
    struct str body; // Borrowed from the service until its next reply.
    struct fault fault;
    int64_t date_s;   // The service's clock when it answered.
    uint64_t request; // Its number; 0 when it is none to the API. Its reply's fate is owed then.
    char request_id[37];
};

// The credentials are borrowed.
void service_init(
    struct service *service, struct account_rules rules, struct credentials credentials);
void service_release(struct service *service);

// Spends the request's body.
void service_answer(
    struct service *service, const struct http_request *request, struct reply *reply);

void service_settle(struct service *service, uint64_t request, enum reply_fate fate);

// The reply to what is no request: a status and no more.
void service_refuse(struct service *service, int status, struct reply *reply);

#endif
