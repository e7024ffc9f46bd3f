// md5 - the MD5 of texts (RFC 1321): Kinesis places a record by that of its partition key.
//
// Each step waits for the one before, so a processor that hashes one text is idle most of the time:
// several at once take little longer than one. Of our own, because libcrypto does one at a time,
// and its EVP takes longer around a short text than for it (docs/decisions/0001).
#ifndef PGK_BASE_MD5_H
#define PGK_BASE_MD5_H

#include "base/str.h"

enum {
    MD5_AT_ONCE = 8
};

struct md5 {
    uint8_t bytes[16];
};

// Of each of at most MD5_AT_ONCE texts, which may differ in length.
void md5_of_each(const struct str *texts, size_t count, struct md5 *digests);

#endif
