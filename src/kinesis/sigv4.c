#include "kinesis/sigv4.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

enum {
    DATE_LEN = 8,
    // Room for a session token of any length that is known of, among the headers.
    CANONICAL_BYTES_MAX = 64 << 10
};

struct sigv4_time sigv4_time(int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    struct sigv4_time time;
    strftime(time.text, sizeof time.text, "%Y%m%dT%H%M%SZ", &utc);
    return time;
}

struct str sigv4_time_str(const struct sigv4_time *time)
{
    return (struct str){.ptr = time->text, .len = sizeof time->text - 1};
}

void sigv4_signer_init(struct sigv4_signer *signer, struct sigv4_identity identity)
{
    *signer = (struct sigv4_signer){.identity = identity};
}

void sigv4_signer_release(struct sigv4_signer *signer)
{
    OPENSSL_cleanse(signer, sizeof *signer);
}

static struct sha256 keyed(const struct sha256 *key, struct str text)
{
    return hmac_sha256(sha256_str(key), text);
}

static void derive_key(struct sigv4_signer *signer, struct str date)
{
    struct buf secret;
    buf_init(&secret, signer->identity.secret.len + 4);
    buf_room(&secret, secret.bytes_max); // So that it never moves and leaves a copy behind.
    buf_add(&secret, STR("AWS4"));
    buf_add(&secret, signer->identity.secret);

    struct sha256 key = hmac_sha256(buf_str(&secret), date);
    key = keyed(&key, signer->identity.region);
    key = keyed(&key, signer->identity.service);
    signer->key = keyed(&key, STR("aws4_request"));
    memcpy(signer->key_date, date.ptr, DATE_LEN);

    OPENSSL_cleanse(&key, sizeof key);
    OPENSSL_cleanse(secret.ptr, secret.len);
    buf_release(&secret);
}

static void add_signed_names(struct buf *buf, const struct sigv4_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (i > 0)
            buf_add_byte(buf, ';');
        buf_add(buf, request->headers[i].name);
    }
}

static struct sha256 canonical_hash(const struct sigv4_request *request)
{
    struct buf text;
    buf_init(&text, CANONICAL_BYTES_MAX);
    buf_printf(&text, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(request->method),
        STR_ARG(request->path), STR_ARG(request->query));
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&text, STR_FMT ":" STR_FMT "\n", STR_ARG(request->headers[i].name),
            STR_ARG(request->headers[i].value));
    buf_add_byte(&text, '\n');
    add_signed_names(&text, request);
    buf_add_byte(&text, '\n');
    buf_add_hex(&text, sha256_str(&request->body));

    struct sha256 hash = sha256_of(buf_str(&text));
    if (text.len > 0)
        OPENSSL_cleanse(text.ptr, text.len); // The session token.
    buf_release(&text);
    return hash;
}

static void add_scope(struct buf *buf, const struct sigv4_identity *identity, struct str date)
{
    buf_printf(buf, STR_FMT "/" STR_FMT "/" STR_FMT "/aws4_request", STR_ARG(date),
        STR_ARG(identity->region), STR_ARG(identity->service));
}

static struct sha256 signature_of(
    const struct sigv4_signer *signer, const struct sigv4_request *request, struct str date)
{
    struct sha256 canonical = canonical_hash(request);
    struct buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n", request->time.text);
    add_scope(&text, &signer->identity, date);
    buf_add_byte(&text, '\n');
    buf_add_hex(&text, sha256_str(&canonical));

    struct sha256 signature = keyed(&signer->key, buf_str(&text));
    buf_release(&text);
    return signature;
}

void sigv4_sign(
    struct sigv4_signer *signer, const struct sigv4_request *request, struct buf *authorization)
{
    struct str date = {.ptr = request->time.text, .len = DATE_LEN};
    if (!str_equal(str_from_c(signer->key_date), date))
        derive_key(signer, date);
    struct sha256 signature = signature_of(signer, request, date);

    buf_printf(authorization, "AWS4-HMAC-SHA256 Credential=" STR_FMT "/",
        STR_ARG(signer->identity.key_id));
    add_scope(authorization, &signer->identity, date);
    buf_add(authorization, STR(", SignedHeaders="));
    add_signed_names(authorization, request);
    buf_add(authorization, STR(", Signature="));
    buf_add_hex(authorization, sha256_str(&signature));
}
