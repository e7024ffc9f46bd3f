#include "sim/sigv4_check.h"

#include "base/buf.h"
#include "base/digest.h"
#include "sim/http_request.h"
#include "sim/refusal.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

enum {
    CANONICAL_BYTES_MAX = 64 << 10,
    AMZ_DATE_BYTES = 16,
};

// The parts of the Authorization header, and the credential's:
// KEY/DATE/REGION/SERVICE/aws4_request.
struct claim {
    struct str credential;
    struct str signed_headers;
    struct str signature;
    struct str scope; // The credential without its key.
    struct str key_id;
    struct str date;
    struct str region;
    struct str service;
    struct str terminator;
    struct str amz_date; // The X-Amz-Date header.
};

// A str's pointer is never NULL, in parts that the header lacks neither.
static struct claim empty_claim(void)
{
    const struct str none = STR("");
    return (struct claim){none, none, none, none, none, none, none, none, none, none};
}

static void parse_authorization(struct str text, struct claim *claim)
{
    while (text.len > 0) {
        struct str value = str_trim(str_cut(&text, ','));
        struct str name = str_cut(&value, '=');
        if (str_equal(name, STR("Credential")))
            claim->credential = value;
        else if (str_equal(name, STR("SignedHeaders")))
            claim->signed_headers = value;
        else if (str_equal(name, STR("Signature")))
            claim->signature = value;
    }
    struct str rest = claim->credential;
    claim->key_id = str_cut(&rest, '/');
    claim->scope = rest;
    claim->date = str_cut(&rest, '/');
    claim->region = str_cut(&rest, '/');
    claim->service = str_cut(&rest, '/');
    claim->terminator = rest;
}

static bool read_claim(
    const struct http_request *request, struct claim *claim, struct refusal *refusal)
{
    static const struct str algorithm = STR_CONST("AWS4-HMAC-SHA256 ");
    const struct str *authorization = http_header(request, STR("Authorization"));
    if (!authorization)
        return refuse(
            refusal, "MissingAuthenticationTokenException", "Missing Authentication Token");
    if (!str_starts_with(*authorization, algorithm))
        return refuse(refusal, "IncompleteSignatureException",
            "Authorization header requires the algorithm AWS4-HMAC-SHA256.");

    parse_authorization(str_after(*authorization, algorithm.len), claim);
    const struct str *amz_date = http_header(request, STR("X-Amz-Date"));
    claim->amz_date = amz_date ? *amz_date : STR("");
    if (claim->credential.len > 0 && claim->signed_headers.len > 0 && claim->signature.len > 0 &&
        amz_date)
        return true;
    return refuse(refusal, "IncompleteSignatureException", "%s%s%s%s",
        claim->credential.len > 0 ? "" : "Authorization header requires 'Credential' parameter. ",
        claim->signature.len > 0 ? "" : "Authorization header requires 'Signature' parameter. ",
        claim->signed_headers.len > 0 ? ""
                                      : "Authorization header requires 'SignedHeaders' parameter. ",
        amz_date ? ""
                 : "Authorization header requires existence of either a 'X-Amz-Date' or a "
                   "'Date' header. ");
}

static bool is_signed(const struct claim *claim, struct str name)
{
    struct str names = claim->signed_headers;
    while (names.len > 0)
        if (http_name_equal(str_cut(&names, ';'), name))
            return true;
    return false;
}

// What is sent and left unsigned could be changed on the way.
static bool must_be_signed(struct str name)
{
    return http_name_equal(name, STR("Host")) || http_name_equal(name, STR("Content-Type")) ||
           (name.len > 6 && strncasecmp(name.ptr, "x-amz-", 6) == 0);
}

static bool check_signed_headers(
    const struct http_request *request, const struct claim *claim, struct refusal *refusal)
{
    if (!is_signed(claim, STR("host")))
        return refuse(refusal, "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    for (size_t i = 0; i < request->headers_count; i++) {
        struct str name = request->headers[i].name;
        if (must_be_signed(name) && !is_signed(claim, name))
            return refuse(refusal, "InvalidSignatureException",
                "'" STR_FMT "' must be a 'SignedHeader' in the AWS Authorization.", STR_ARG(name));
    }
    struct str names = claim->signed_headers;
    struct str before = STR("");
    while (names.len > 0) {
        struct str name = str_cut(&names, ';');
        if (!http_header(request, name))
            return refuse(refusal, "InvalidSignatureException",
                "'" STR_FMT "' is named as a SignedHeader, but it does not exist in the HTTP "
                "request.",
                STR_ARG(name));
        if (str_compare(before, name) >= 0)
            return refuse(refusal, "InvalidSignatureException",
                "'SignedHeaders' must be sorted and each named once.");
        before = name;
    }
    return true;
}

static bool check_scope(
    const struct claim *claim, const struct sigv4_rules *rules, struct refusal *refusal)
{
    if (!str_equal(claim->service, rules->service))
        return refuse(refusal, "InvalidSignatureException",
            "Credential should be scoped to correct service: '" STR_FMT "'. ",
            STR_ARG(rules->service));
    if (!str_equal(claim->terminator, STR("aws4_request")))
        return refuse(refusal, "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request'. ");
    if (claim->region.len == 0)
        return refuse(refusal, "InvalidSignatureException",
            "Credential should be scoped to a valid region. ");
    if (rules->region.len > 0 && !str_equal(claim->region, rules->region))
        return refuse(refusal, "InvalidSignatureException",
            "Credential should be scoped to a valid region, not '" STR_FMT "'. ",
            STR_ARG(claim->region));
    if (!str_equal(claim->key_id, rules->key_id))
        return refuse(refusal, "UnrecognizedClientException",
            "The security token included in the request is invalid.");
    return true;
}

static bool parse_amz_date(struct str text, int64_t *time_s)
{
    struct tm utc = {.tm_isdst = 0};
    char copy[AMZ_DATE_BYTES + 1];
    if (text.len != AMZ_DATE_BYTES)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    const char *end = strptime(copy, "%Y%m%dT%H%M%SZ", &utc);
    if (!end || *end != 0)
        return false;
    *time_s = timegm(&utc);
    return true;
}

struct amz_date {
    char text[AMZ_DATE_BYTES + 1];
};

static struct amz_date format_amz_date(int64_t time_s)
{
    struct amz_date date;
    time_t seconds = (time_t)time_s;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(date.text, sizeof date.text, "%Y%m%dT%H%M%SZ", &utc);
    return date;
}

static bool check_date(
    const struct claim *claim, const struct sigv4_rules *rules, struct refusal *refusal)
{
    int64_t signed_s;
    if (!parse_amz_date(claim->amz_date, &signed_s))
        return refuse(refusal, "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'. Got '" STR_FMT "'. See "
            "http://en.wikipedia.org/wiki/ISO_8601",
            STR_ARG(claim->amz_date));
    if (!str_starts_with(claim->amz_date, claim->date) || claim->date.len != 8)
        return refuse(refusal, "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '" STR_FMT "' != '" STR_FMT "', from '" STR_FMT "'.",
            STR_ARG(claim->date), 8, claim->amz_date.ptr, STR_ARG(claim->amz_date));

    struct amz_date now = format_amz_date(rules->now_s);
    struct amz_date earliest = format_amz_date(rules->now_s - SIGV4_SKEW_MAX_S);
    struct amz_date latest = format_amz_date(rules->now_s + SIGV4_SKEW_MAX_S);
    if (signed_s < rules->now_s - SIGV4_SKEW_MAX_S)
        return refuse(refusal, "InvalidSignatureException",
            "Signature expired: " STR_FMT " is now earlier than %s (%s - 5 min.)",
            STR_ARG(claim->amz_date), earliest.text, now.text);
    if (signed_s > rules->now_s + SIGV4_SKEW_MAX_S)
        return refuse(refusal, "InvalidSignatureException",
            "Signature not yet current: " STR_FMT " is still later than %s (%s + 5 min.)",
            STR_ARG(claim->amz_date), latest.text, now.text);
    return true;
}

// Runs of blanks count as one.
static void add_value(struct buf *buf, struct str value)
{
    bool blank = false;
    for (size_t i = 0; i < value.len; i++) {
        bool is_blank = value.ptr[i] == ' ' || value.ptr[i] == '\t';
        if (!is_blank)
            buf_add_byte(buf, value.ptr[i]);
        else if (!blank)
            buf_add_byte(buf, ' ');
        blank = is_blank;
    }
}

// "name:value,value" and a line end: a header sent twice is signed as one.
static void add_header(struct buf *buf, const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        buf_add_byte(buf, (char)tolower((unsigned char)name.ptr[i]));
    char separator = ':';
    for (size_t i = 0; i < request->headers_count; i++) {
        if (!http_name_equal(request->headers[i].name, name))
            continue;
        buf_add_byte(buf, separator);
        add_value(buf, request->headers[i].value);
        separator = ',';
    }
    buf_add_byte(buf, '\n');
}

// Kinesis's requests have the path "/" and no query: these are taken as they were sent.
static struct sha256 canonical_digest(const struct http_request *request, const struct claim *claim)
{
    struct buf text;
    buf_init(&text, CANONICAL_BYTES_MAX);
    buf_printf(&text, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(request->method),
        STR_ARG(request->path), STR_ARG(request->query));
    struct str names = claim->signed_headers;
    while (names.len > 0)
        add_header(&text, request, str_cut(&names, ';'));
    buf_printf(&text, "\n" STR_FMT "\n", STR_ARG(claim->signed_headers));
    struct sha256 body = sha256_of(request->body);
    buf_add_hex(&text, sha256_str(&body));
    struct sha256 digest = sha256_of(buf_str(&text));
    buf_release(&text);
    return digest;
}

static struct sha256 signing_key(const struct claim *claim, struct str secret)
{
    struct buf start;
    buf_init(&start, 1024);
    buf_add(&start, STR("AWS4"));
    buf_add(&start, secret);
    struct sha256 key = hmac_sha256(buf_str(&start), claim->date);
    key = hmac_sha256(sha256_str(&key), claim->region);
    key = hmac_sha256(sha256_str(&key), claim->service);
    buf_release(&start);
    return hmac_sha256(sha256_str(&key), STR("aws4_request"));
}

static bool check_signature(const struct http_request *request, const struct claim *claim,
    struct str secret, struct refusal *refusal)
{
    struct sha256 digest = canonical_digest(request, claim);
    struct sha256 key = signing_key(claim, secret);
    struct buf text;
    buf_init(&text, CANONICAL_BYTES_MAX);
    buf_printf(&text, "AWS4-HMAC-SHA256\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(claim->amz_date),
        STR_ARG(claim->scope));
    buf_add_hex(&text, sha256_str(&digest));
    struct sha256 signature = hmac_sha256(sha256_str(&key), buf_str(&text));

    buf_clear(&text);
    buf_add_hex(&text, sha256_str(&signature));
    bool same = str_equal(buf_str(&text), claim->signature);
    buf_release(&text);
    return same ||
           refuse(refusal, "InvalidSignatureException",
               "The request signature we calculated does not match the signature you provided. "
               "Check your AWS Secret Access Key and signing method. Consult the service "
               "documentation for details.");
}

bool sigv4_check(const struct http_request *request, const struct sigv4_rules *rules,
    struct str *region, struct refusal *refusal)
{
    struct claim claim = empty_claim();
    bool ok = read_claim(request, &claim, refusal) &&
              check_signed_headers(request, &claim, refusal) &&
              check_scope(&claim, rules, refusal) && check_date(&claim, rules, refusal) &&
              check_signature(request, &claim, rules->secret, refusal);
    if (ok)
        *region = claim.region;
    return ok;
}
