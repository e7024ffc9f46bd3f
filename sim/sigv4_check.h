// sigv4_check - whether a request is signed by who it says, as AWS Signature Version 4 has it.
//
// Written from the specification, not from the signer of src/kinesis: two that share a mistake
// would agree about it. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
#ifndef SIM_SIGV4_CHECK_H
#define SIM_SIGV4_CHECK_H

#include "base/str.h"

struct http_request;
struct refusal;

struct sigv4_rules {
    struct str key_id;
    struct str secret;
    struct str service; // "kinesis"
    struct str region;  // Empty: any is right.
    int64_t now_s;      // Seconds since 1970.
};

enum {
    SIGV4_SKEW_MAX_S = 300,
};

// True when the signature is right, made within five minutes of now, by the known key for the known
// service, over at least the headers Host, X-Amz-Date, every other X-Amz-... and Content-Type.
// *region, borrowed from the request, says which region it was for.
bool sigv4_check(const struct http_request *request, const struct sigv4_rules *rules,
    struct str *region, struct refusal *refusal);

#endif
