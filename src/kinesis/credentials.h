// credentials - whose requests these are: from the environment, or a profile of ~/.aws.
//
// The environment's keys win, unless a profile was chosen on the command line. Roles, processes and
// single sign-on are told apart from nothing at all and refused by name.
//
// Memory: credentials own their text and wipe it when released. It is never printed.
#ifndef PGK_KINESIS_CREDENTIALS_H
#define PGK_KINESIS_CREDENTIALS_H

#include "base/err.h"
#include "kinesis/aws_files.h"

// The two files and the profile they are read for. AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE
// say where the files are, AWS_PROFILE or AWS_DEFAULT_PROFILE what the profile is called.
struct aws_profile {
    struct str name; // Borrowed from the caller of aws_profile_read() or from the environment.
    bool chosen;     // On the command line, that is.
    struct aws_file credentials;
    struct aws_file config;
};

// chosen is "" when the command line names no profile. When false, there is nothing to release.
MUST_CHECK bool aws_profile_read(struct aws_profile *profile, struct str chosen, struct err *err);
void aws_profile_release(struct aws_profile *profile);

// What the profile says of a setting, "" for nothing; the credentials file comes first.
struct str aws_profile_value(const struct aws_profile *profile, struct str key);

struct credentials {
    struct str key_id;
    struct str secret;
    struct str session_token; // "" for lasting keys.
    char *memory;             // Where the three lie.
    size_t memory_bytes;
};

// Keeps nothing of the profile. When false, there is nothing to release.
MUST_CHECK bool credentials_find(
    struct credentials *credentials, const struct aws_profile *profile, struct err *err);
void credentials_release(struct credentials *credentials);

bool credentials_equal(const struct credentials *a, const struct credentials *b);

#endif
