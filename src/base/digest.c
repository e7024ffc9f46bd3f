#include "base/digest.h"

#include "base/buf.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

// EVP_MD_fetch looks through providers under locks: done once, not once a text. The algorithm and
// the context live as long as the process, which has one thread.
struct sha256 sha256_of(struct str text)
{
    static const EVP_MD *algorithm;
    static EVP_MD_CTX *context;
    if (!algorithm) {
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
    }
    assert(algorithm && context);
    struct sha256 sha256;
    int ok = EVP_DigestInit_ex(context, algorithm, NULL) &&
             EVP_DigestUpdate(context, text.ptr, text.len) &&
             EVP_DigestFinal_ex(context, sha256.bytes, NULL);
    assert(ok);
    return sha256;
}

struct sha256 hmac_sha256(struct str key, struct str text)
{
    struct sha256 mac;
    const unsigned char *done = HMAC(EVP_sha256(), key.ptr, (int)key.len,
        (const unsigned char *)text.ptr, text.len, mac.bytes, NULL);
    assert(done);
    return mac;
}

struct str sha256_str(const struct sha256 *digest)
{
    return (struct str){.ptr = (const char *)digest->bytes, .len = sizeof digest->bytes};
}

void buf_add_hex(struct buf *buf, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[i];
        buf_add_byte(buf, digits[byte >> 4]);
        buf_add_byte(buf, digits[byte & 15]);
    }
}
