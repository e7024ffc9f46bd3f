// sigv4 - AWS Signature Version 4 for a request whose body was hashed before.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// libcurl's own signs headers it does not send and cannot correct a skewed clock.
#ifndef PGK_KINESIS_SIGV4_H
#define PGK_KINESIS_SIGV4_H

#include "base/digest.h"
#include "base/str.h"
#include "kinesis/header.h"

#include <stddef.h>
#include <stdint.h>

struct buf;

// A wall time as AWS writes it: 20150830T123600Z.
struct sigv4_time {
    char text[17];
};
struct sigv4_time sigv4_time(int64_t wall_us);
struct str sigv4_time_str(const struct sigv4_time *time);

// Who signs, and for what; borrowed by the signer.
struct sigv4_identity {
    struct str key_id;
    struct str secret;
    struct str region;
    struct str service;
};

// All in canonical form: the path and the query encoded, the query's parameters sorted, the headers
// in lower case and sorted by name, their values trimmed.
struct sigv4_request {
    struct str method;
    struct str path;
    struct str query;
    const struct header *headers; // Host and X-Amz-Date are among them.
    size_t header_count;
    struct sha256 body;
    struct sigv4_time time; // As in X-Amz-Date.
};

// Derives its key once a day, not once a request.
struct sigv4_signer {
    struct sigv4_identity identity;
    char key_date[9]; // "" while there is no key.
    struct sha256 key;
};

void sigv4_signer_init(struct sigv4_signer *signer, struct sigv4_identity identity);

// Wipes the key.
void sigv4_signer_release(struct sigv4_signer *signer);

// Adds the value of the Authorization header to authorization.
void sigv4_sign(
    struct sigv4_signer *signer, const struct sigv4_request *request, struct buf *authorization);

#endif
