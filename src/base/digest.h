// digest - SHA-256 and HMAC-SHA-256, by OpenSSL's libcrypto. They are SigV4's.
#ifndef PGK_BASE_DIGEST_H
#define PGK_BASE_DIGEST_H

#include "base/str.h"

struct buf;

struct sha256 {
    uint8_t bytes[32];
};

struct sha256 sha256_of(struct str text);
struct sha256 hmac_sha256(struct str key, struct str text);

// The digest as bytes, to be hashed or used as a key in turn; borrowed.
struct str sha256_str(const struct sha256 *digest);

// In lower case hexadecimal digits.
void buf_add_hex(struct buf *buf, struct str bytes);

#endif
