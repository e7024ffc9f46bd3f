// endpoint - where the service is, and the region that requests are signed for.
//
// Region: option, the stream's ARN, AWS_REGION, AWS_DEFAULT_REGION, the profile's region.
// Address: option, AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, the profile's endpoint_url, else the
// region's own. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves out all but the option.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
#ifndef PGK_KINESIS_ENDPOINT_H
#define PGK_KINESIS_ENDPOINT_H

#include "base/err.h"
#include "base/str.h"

struct aws_profile;
struct stream_name;

struct endpoint_options {
    struct str url;    // "" when not given.
    struct str region; // "" when not given.
    bool insecure;     // Plain http to another host is allowed.
};

struct endpoint {
    char url[512];  // Scheme, host, port: "https://kinesis.us-east-1.amazonaws.com/".
    char host[300]; // As in the Host header: with the port, unless it is the scheme's own.
    char region[64];
};

MUST_CHECK bool endpoint_resolve(struct endpoint *endpoint, const struct endpoint_options *options,
    const struct stream_name *stream, const struct aws_profile *profile, struct err *err);

#endif
