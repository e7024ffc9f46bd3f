// md5 - the MD5 of a text (RFC 1321): Kinesis places a record by that of its partition key.
//
// Of our own: a key is a block, and libcrypto's EVP takes longer around it than for it
// (docs/decisions/0001).
#ifndef PGK_BASE_MD5_H
#define PGK_BASE_MD5_H

#include "base/str.h"

struct md5 {
    uint8_t bytes[16];
};

struct md5 md5_of(struct str text);

#endif
