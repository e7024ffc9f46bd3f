// credentials_probe [PROFILE] - the credentials and the region that pg_kinesis would use, as
// test_credentials.py compares them with botocore's: key id, SHA-256 of the secret, of the session
// token, region. A line "error: ..." when there are none.
#include "base/digest.h"
#include "kinesis/credentials.h"

#include <stdio.h>

static void print_digest(struct str text)
{
    struct sha256 digest = sha256_of(text);
    struct buf hex;
    buf_init(&hex, 64);
    buf_add_hex(&hex, sha256_str(&digest));
    puts(buf_c(&hex));
    buf_release(&hex);
}

static int print_profile(const struct aws_profile *profile)
{
    struct credentials credentials;
    struct err err;
    if (!credentials_find(&credentials, profile, &err)) {
        printf("error: %s\n", err.text);
        return 1;
    }
    printf(STR_FMT "\n", STR_ARG(credentials.key_id));
    print_digest(credentials.secret);
    print_digest(credentials.session_token);
    printf(STR_FMT "\n", STR_ARG(aws_profile_value(profile, STR("region"))));
    credentials_release(&credentials);
    return 0;
}

int main(int argc, char **argv)
{
    struct aws_profile profile;
    struct err err;
    if (!aws_profile_read(&profile, str_from_c(argc > 1 ? argv[1] : NULL), &err)) {
        printf("error: %s\n", err.text);
        return 1;
    }
    int status = print_profile(&profile);
    aws_profile_release(&profile);
    return status;
}
