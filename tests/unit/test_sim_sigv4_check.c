#include "cmocka_prelude.h"

#include "base/buf.h"
#include "sim/http_request.h"
#include "sim/refusal.h"
#include "sim/sigv4_check.h"

#include <string.h>

// 2015-08-30T12:36:00Z, the moment of AWS's own examples.
static const int64_t EXAMPLE_S = 1440938160;

static const struct sigv4_rules kinesis_rules = {
    .key_id = STR_CONST("AKIDEXAMPLE"),
    .secret = STR_CONST("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .service = STR_CONST("kinesis"),
    .now_s = EXAMPLE_S,
};

// aws-c-auth's published suite: tests/aws-signing-test-suite/v4/post-vanilla.
static const char post_vanilla[] =
    "POST / HTTP/1.1\r\n"
    "Host:example.amazonaws.com\r\n"
    "X-Amz-Date:20150830T123600Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
    "SignedHeaders=host;x-amz-date, "
    "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b\r\n\r\n";

// Computed apart from this program, for the same credentials and moment.
static const char put_records[] =
    "POST / HTTP/1.1\r\n"
    "Host: kinesis.us-east-1.amazonaws.com\r\n"
    "Content-Type: application/x-amz-json-1.1\r\n"
    "X-Amz-Date: 20150830T123600Z\r\n"
    "X-Amz-Security-Token: TOKEN\r\n"
    "X-Amz-Target: Kinesis_20131202.PutRecords\r\n"
    "Content-Length: 132\r\n"
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
    "Signature=3ca3f498ea17dbfb571586136fbbb3084bad5f58745173bb3c18c9aec9d78541\r\n\r\n"
    "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"k1\","
    "\"ExplicitHashKey\":\"0\"},{\"Data\":\"d29ybGQ=\",\"PartitionKey\":\"k2\"}]}";

static bool check_text(struct str text, struct sigv4_rules rules, struct refusal *refusal)
{
    struct http_request request;
    struct str region;
    int status;
    if (http_request_parse(text, &request, &status) != HTTP_READY)
        return refuse(refusal, "NotHttp", "%s", "");
    return sigv4_check(&request, &rules, &region, refusal);
}

static void the_published_example_is_accepted(void **state)
{
    (void)state;
    struct sigv4_rules rules = kinesis_rules;
    rules.service = STR("service");
    struct refusal refusal;
    assert_true(check_text(str_from_c(post_vanilla), rules, &refusal));
}

static void put_records_with_a_session_token_is_accepted(void **state)
{
    (void)state;
    struct refusal refusal;
    assert_true(check_text(str_from_c(put_records), kinesis_rules, &refusal));
}

static void the_region_is_told(void **state)
{
    (void)state;
    struct http_request request;
    struct refusal refusal;
    struct str region;
    int status;
    http_request_parse(str_from_c(put_records), &request, &status);
    assert_true(sigv4_check(&request, &kinesis_rules, &region, &refusal));
    assert_true(str_equal(region, STR("us-east-1")));
}

static void any_changed_byte_of_the_body_is_refused(void **state)
{
    (void)state;
    char text[sizeof put_records];
    const size_t len = sizeof put_records - 1;
    for (size_t at = len - 132; at < len; at++) {
        memcpy(text, put_records, sizeof text);
        text[at] ^= 1;
        struct refusal refusal;
        assert_false(check_text((struct str){text, len}, kinesis_rules, &refusal));
        assert_string_equal(refusal.type, "InvalidSignatureException");
    }
}

static void any_changed_digit_of_the_signature_is_refused(void **state)
{
    (void)state;
    char text[sizeof put_records];
    const size_t len = sizeof put_records - 1;
    const size_t from = (size_t)(strstr(put_records, "Signature=") - put_records) + 10;
    for (size_t at = from; at < from + 64; at++) {
        memcpy(text, put_records, sizeof text);
        text[at] = text[at] == '0' ? '1' : '0';
        struct refusal refusal;
        assert_false(check_text((struct str){text, len}, kinesis_rules, &refusal));
    }
}

static void no_prefix_of_the_authorization_is_accepted(void **state)
{
    (void)state;
    const char *authorization = strstr(put_records, "Authorization:");
    const char *end = strstr(authorization, "\r\n");
    for (const char *cut = authorization; cut < end; cut++) {
        struct buf text;
        struct refusal refusal;
        buf_init(&text, sizeof put_records);
        buf_add(&text, (struct str){put_records, (size_t)(cut - put_records)});
        buf_add(&text, str_from_c(end));
        assert_false(check_text(buf_str(&text), kinesis_rules, &refusal));
        buf_release(&text);
    }
}

struct replacement {
    const char *what;
    const char *by;
    const char *type;
    const char *message; // That it begins with.
};

static void what_is_wrong_is_told_as_the_service_does(void **state)
{
    (void)state;
    static const struct replacement replacements[] = {
        {"Authorization:", "Nothing:", "MissingAuthenticationTokenException", "Missing"},
        {"AWS4-HMAC-SHA256 ", "AWS3 ", "IncompleteSignatureException", "Authorization header"},
        {"Credential=", "Nothing=", "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter."},
        {"=AKIDEXAMPLE", "=AKIDOTHER", "UnrecognizedClientException",
            "The security token included in the request is invalid."},
        {"/kinesis/", "/s3/", "InvalidSignatureException",
            "Credential should be scoped to correct service: 'kinesis'."},
        {"aws4_request", "aws5_request", "InvalidSignatureException",
            "Credential should be scoped with a valid terminator"},
        {"content-type;host;", "content-type;", "InvalidSignatureException", "'Host' or"},
        {";x-amz-target", "", "InvalidSignatureException",
            "'X-Amz-Target' must be a 'SignedHeader'"},
        {"=content-type;", "=", "InvalidSignatureException",
            "'Content-Type' must be a 'SignedHeader'"},
        {"=content-type;", "=content-type;expect;", "InvalidSignatureException",
            "'expect' is named as a SignedHeader, but it does not exist"},
        {"Date: 20150830", "Date: 20150831", "InvalidSignatureException",
            "Date in Credential scope does not match"},
        {"20150830T123600Z", "yesterday", "IncompleteSignatureException", "Date must be in"},
        {"PutRecords", "GetRecords", "InvalidSignatureException",
            "The request signature we calculated does not match"},
    };
    for (size_t i = 0; i < sizeof replacements / sizeof replacements[0]; i++) {
        const struct replacement *replacement = &replacements[i];
        const char *found = strstr(put_records, replacement->what);
        assert_non_null(found);
        struct buf text;
        buf_init(&text, 2 * sizeof put_records);
        buf_add(&text, (struct str){put_records, (size_t)(found - put_records)});
        buf_add(&text, str_from_c(replacement->by));
        buf_add(&text, str_from_c(found + strlen(replacement->what)));

        struct refusal refusal;
        assert_false(check_text(buf_str(&text), kinesis_rules, &refusal));
        assert_string_equal(refusal.type, replacement->type);
        assert_memory_equal(refusal.message, replacement->message, strlen(replacement->message));
        buf_release(&text);
    }
}

static void a_signature_lives_five_minutes_both_ways(void **state)
{
    (void)state;
    struct refusal refusal;
    struct sigv4_rules rules = kinesis_rules;
    for (int64_t skew_s = -SIGV4_SKEW_MAX_S - 2; skew_s <= SIGV4_SKEW_MAX_S + 2; skew_s++) {
        rules.now_s = EXAMPLE_S + skew_s;
        bool within = skew_s >= -SIGV4_SKEW_MAX_S && skew_s <= SIGV4_SKEW_MAX_S;
        assert_int_equal(check_text(str_from_c(put_records), rules, &refusal), within);
    }
    assert_string_equal(refusal.message, "Signature expired: 20150830T123600Z is now earlier than "
                                         "20150830T123602Z (20150830T124102Z - 5 min.)");
}

static void another_secret_is_refused(void **state)
{
    (void)state;
    struct refusal refusal;
    struct sigv4_rules rules = kinesis_rules;
    rules.secret = STR("another");
    assert_false(check_text(str_from_c(put_records), rules, &refusal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_is_accepted),
        cmocka_unit_test(put_records_with_a_session_token_is_accepted),
        cmocka_unit_test(the_region_is_told),
        cmocka_unit_test(any_changed_byte_of_the_body_is_refused),
        cmocka_unit_test(any_changed_digit_of_the_signature_is_refused),
        cmocka_unit_test(no_prefix_of_the_authorization_is_accepted),
        cmocka_unit_test(what_is_wrong_is_told_as_the_service_does),
        cmocka_unit_test(a_signature_lives_five_minutes_both_ways),
        cmocka_unit_test(another_secret_is_refused),
    };
    return cmocka_run_group_tests_name("sim_sigv4_check", tests, NULL, NULL);
}
