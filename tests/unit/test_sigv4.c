#include "cmocka_prelude.h"

#include "base/buf.h"
#include "kinesis/sigv4.h"

static const struct sigv4_identity example = {
    .key_id = STR_CONST("AKIDEXAMPLE"),
    .secret = STR_CONST("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .region = STR_CONST("us-east-1"),
    .service = STR_CONST("service"),
};

#define EXAMPLE_WALL_US 1440938160000000 // 2015-08-30T12:36:00Z

static void assert_authorization(
    struct sigv4_signer *signer, const struct sigv4_request *request, const char *expected)
{
    struct buf authorization;
    buf_init(&authorization, 2000);
    sigv4_sign(signer, request, &authorization);
    assert_string_equal(buf_c(&authorization), expected);
    buf_release(&authorization);
}

#define EXAMPLE_HOST                                                                               \
    {                                                                                              \
        STR("host"), STR("example.amazonaws.com")                                                  \
    }
#define EXAMPLE_DATE                                                                               \
    {                                                                                              \
        STR("x-amz-date"), STR("20150830T123600Z")                                                 \
    }

// https://github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite/v4; the name of each case.
static void signs_as_the_published_suite_does(void **state)
{
    (void)state;
    const struct {
        const char *name;
        const char *method;
        const char *query;
        const char *body;
        struct header headers[4];
        size_t header_count;
        const char *signed_headers;
        const char *signature;
    } cases[] = {
        {"get-vanilla", "GET", "", "", {EXAMPLE_HOST, EXAMPLE_DATE}, 2, "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"post-vanilla", "POST", "", "", {EXAMPLE_HOST, EXAMPLE_DATE}, 2, "host;x-amz-date",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"get-vanilla-query-order-key-case", "GET", "Param1=value1&Param2=value2", "",
            {EXAMPLE_HOST, EXAMPLE_DATE}, 2, "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"get-vanilla-with-session-token", "GET", "", "",
            {EXAMPLE_HOST, EXAMPLE_DATE,
                {STR("x-amz-security-token"),
                    STR("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267")}},
            3, "host;x-amz-date;x-amz-security-token",
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
        {"get-header-value-trim", "GET", "", "",
            {EXAMPLE_HOST, {STR("my-header1"), STR("value1")},
                {STR("my-header2"), STR("\"a b c\"")}, EXAMPLE_DATE},
            4, "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        {"post-x-www-form-urlencoded", "POST", "", "Param1=value1",
            {{STR("content-type"), STR("application/x-www-form-urlencoded")}, EXAMPLE_HOST,
                EXAMPLE_DATE},
            3, "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    };
    struct sigv4_signer signer;
    sigv4_signer_init(&signer, example);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s\n", cases[i].name);
        const struct sigv4_request request = {
            .method = str_from_c(cases[i].method),
            .path = STR("/"),
            .query = str_from_c(cases[i].query),
            .headers = cases[i].headers,
            .header_count = cases[i].header_count,
            .body = sha256_of(str_from_c(cases[i].body)),
            .time = sigv4_time(EXAMPLE_WALL_US),
        };
        struct buf expected;
        buf_init(&expected, 1000);
        buf_printf(&expected,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=%s, Signature=%s",
            cases[i].signed_headers, cases[i].signature);
        assert_authorization(&signer, &request, buf_c(&expected));
        buf_release(&expected);
    }
    sigv4_signer_release(&signer);
}

// The bodies of one PutRecords call in both of its protocols; the signatures were computed by
// another implementation.
#define JSON_BODY                                                                                  \
    "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"k1\","           \
    "\"ExplicitHashKey\":\"0\"},{\"Data\":\"d29ybGQ=\",\"PartitionKey\":\"k2\"}]}"
#define CBOR_BODY                                                                                  \
    "\xa2\x6aStreamName\x61s\x67Records\x82\xa3\x64"                                               \
    "Data\x45hello\x6cPartitionKey\x62k1\x6f"                                                      \
    "ExplicitHashKey\x61"                                                                          \
    "0\xa2\x64"                                                                                    \
    "Data\x45world\x6cPartitionKey\x62k2"

static void a_time_is_written_as_aws_writes_it(void **state)
{
    (void)state;
    struct sigv4_time time = sigv4_time(EXAMPLE_WALL_US + 999999);
    assert_true(str_equal(sigv4_time_str(&time), STR("20150830T123600Z")));
}

static void signs_our_own_requests(void **state)
{
    (void)state;
    const struct {
        struct str content_type;
        struct str body;
        const char *signature;
    } cases[] = {
        {STR("application/x-amz-cbor-1.1"), STR(CBOR_BODY),
            "347ce165eddc5c12d486b15edb513d79649efd3b0ce6436cff4d14758f438d61"},
        {STR("application/x-amz-json-1.1"), STR(JSON_BODY),
            "3ca3f498ea17dbfb571586136fbbb3084bad5f58745173bb3c18c9aec9d78541"},
    };
    struct sigv4_identity identity = example;
    identity.service = STR("kinesis");
    struct sigv4_signer signer;
    sigv4_signer_init(&signer, identity);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct header headers[] = {
            {STR("content-type"), cases[i].content_type},
            {STR("host"), STR("kinesis.us-east-1.amazonaws.com")},
            EXAMPLE_DATE,
            {STR("x-amz-security-token"), STR("TOKEN")},
            {STR("x-amz-target"), STR("Kinesis_20131202.PutRecords")},
        };
        const struct sigv4_request request = {
            .method = STR("POST"),
            .path = STR("/"),
            .query = STR(""),
            .headers = headers,
            .header_count = 5,
            .body = sha256_of(cases[i].body),
            .time = sigv4_time(EXAMPLE_WALL_US),
        };
        struct buf expected;
        buf_init(&expected, 1000);
        buf_printf(&expected,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
            "Signature=%s",
            cases[i].signature);
        assert_authorization(&signer, &request, buf_c(&expected));
        buf_release(&expected);
    }
    sigv4_signer_release(&signer);
}

static struct sigv4_request vanilla(const struct header *headers, struct sigv4_time time)
{
    return (struct sigv4_request){
        .method = STR("POST"),
        .path = STR("/"),
        .query = STR(""),
        .headers = headers,
        .header_count = 2,
        .body = sha256_of(STR("")),
        .time = time,
    };
}

static void a_new_day_has_a_new_key(void **state)
{
    (void)state;
    const struct header headers[] = {EXAMPLE_HOST, EXAMPLE_DATE};
    struct sigv4_request today = vanilla(headers, sigv4_time(EXAMPLE_WALL_US));
    struct sigv4_request tomorrow =
        vanilla(headers, sigv4_time(EXAMPLE_WALL_US + INT64_C(86400000000)));
    struct sigv4_signer kept;
    struct sigv4_signer fresh;
    struct buf expected;
    buf_init(&expected, 1000);
    sigv4_signer_init(&kept, example);
    sigv4_signer_init(&fresh, example);
    sigv4_sign(&fresh, &tomorrow, &expected);

    struct buf ignored;
    buf_init(&ignored, 1000);
    sigv4_sign(&kept, &today, &ignored);
    assert_authorization(&kept, &tomorrow, buf_c(&expected));

    buf_release(&ignored);
    buf_release(&expected);
    sigv4_signer_release(&kept);
    sigv4_signer_release(&fresh);
}

static void a_released_signer_keeps_no_key(void **state)
{
    (void)state;
    const struct header headers[] = {EXAMPLE_HOST, EXAMPLE_DATE};
    struct sigv4_request request = vanilla(headers, sigv4_time(EXAMPLE_WALL_US));
    struct sigv4_signer signer;
    struct buf ignored;
    buf_init(&ignored, 1000);
    sigv4_signer_init(&signer, example);
    sigv4_sign(&signer, &request, &ignored);

    sigv4_signer_release(&signer);

    static const struct sigv4_signer zero;
    assert_memory_equal(&signer, &zero, sizeof zero);
    buf_release(&ignored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_published_suite_does),
        cmocka_unit_test(a_time_is_written_as_aws_writes_it),
        cmocka_unit_test(signs_our_own_requests),
        cmocka_unit_test(a_new_day_has_a_new_key),
        cmocka_unit_test(a_released_signer_keeps_no_key),
    };
    return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
