// service_error - what a reply that is not 200 means, and what is to be done about it.
//
// The service answers {"__type":"Code","message":"..."}; a proxy or a load balancer in front of it
// may answer anything, also nothing. https://docs.aws.amazon.com/kinesis/latest/APIReference/
// API_PutRecords.html lists the codes; the rest are those of AWS's SDKs.
#ifndef PGK_KINESIS_SERVICE_ERROR_H
#define PGK_KINESIS_SERVICE_ERROR_H

#include "base/err.h"
#include "base/str.h"

struct buf;

enum service_class {
    SERVICE_THROTTLED, // Refused for the rate: not done.
    SERVICE_TRANSIENT, // Failed on its way or inside: done or not done.
    SERVICE_AUTH,      // The credentials are refused: newer ones may help.
    SERVICE_CLOCK,     // The signature is refused: for the secret, or for the clock.
    SERVICE_CONFIG,    // The operator must change something.
    SERVICE_REQUEST    // This request is refused, and would be again.
};

struct service_error {
    enum service_class class;
    long status;
    struct err_quote code;    // "" when the reply names none.
    struct err_quote message; // "" when there is none.
    const char *hint;         // NULL when there is none.
};

// error_type is the header x-amzn-ErrorType, "" when there is none. The body is spent.
struct service_error service_error_read(long status, struct str error_type, struct buf *body);

// True when what was refused may be the form that the request was written in.
bool service_error_refuses_form(const struct service_error *error);

// Says it in a line; operation is what was called, as IAM calls it: "PutRecords".
void service_error_explain(
    const struct service_error *error, const char *operation, struct err *err);

#endif
