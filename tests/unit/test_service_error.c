#include "cmocka_prelude.h"

#include "base/buf.h"
#include "cbor_of_json.h"
#include "kinesis/service_error.h"

#include <string.h>

static enum document_form form; // Of the replies: each test runs in both.

static struct service_error read_error(long status, struct str error_type, struct str reply)
{
    struct buf body = reply_in(form, reply);
    struct service_error error = service_error_read(status, error_type, &body);
    buf_release(&body);
    return error;
}

static void assert_class(
    long status, struct str error_type, struct str body, enum service_class class)
{
    struct service_error error = read_error(status, error_type, body);
    assert_int_equal(error.class, class);
}

static void a_code_tells_the_class(void **state)
{
    (void)state;
    const struct {
        const char *code;
        enum service_class class;
    } cases[] = {
        {"ProvisionedThroughputExceededException", SERVICE_THROTTLED},
        {"KMSThrottlingException", SERVICE_THROTTLED},
        {"InternalFailure", SERVICE_TRANSIENT},
        {"ExpiredTokenException", SERVICE_AUTH},
        {"UnrecognizedClientException", SERVICE_AUTH},
        {"InvalidSignatureException", SERVICE_CLOCK},
        {"RequestTimeTooSkewed", SERVICE_CLOCK},
        {"AccessDeniedException", SERVICE_CONFIG},
        {"ResourceNotFoundException", SERVICE_CONFIG},
        {"KMSDisabledException", SERVICE_CONFIG},
        {"ValidationException", SERVICE_REQUEST},
        {"InvalidArgumentException", SERVICE_REQUEST},
        {"UnknownOperationException", SERVICE_CONFIG}, // The endpoint's fault, not a record's.
        {"NeverHeardOfException", SERVICE_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_class(400, str_from_c(cases[i].code), STR(""), cases[i].class);
}

static void a_code_is_undressed(void **state)
{
    (void)state;
    struct service_error error = read_error(400, STR(""),
        STR("{\"__type\":\"com.amazonaws.kinesis.v20131202#LimitExceededException\"}"));
    assert_string_equal(error.code.text, "LimitExceededException");
    assert_int_equal(error.class, SERVICE_THROTTLED);
    assert_class(400, STR("ExpiredTokenException:http://internal.amazon.com/coral/"), STR("{}"),
        SERVICE_AUTH);
}

static void the_body_wins_over_the_header(void **state)
{
    (void)state;
    assert_class(400, STR("ValidationException"), STR("{\"__type\":\"AccessDeniedException\"}"),
        SERVICE_CONFIG);
}

static void without_a_code_the_status_tells_the_class(void **state)
{
    (void)state;
    const struct {
        long status;
        enum service_class class;
    } cases[] = {
        {301, SERVICE_CONFIG},
        {400, SERVICE_CONFIG},
        {403, SERVICE_CONFIG},
        {404, SERVICE_CONFIG},
        {407, SERVICE_CONFIG},
        {408, SERVICE_TRANSIENT},
        {413, SERVICE_REQUEST},
        {429, SERVICE_THROTTLED},
        {500, SERVICE_TRANSIENT},
        {503, SERVICE_TRANSIENT},
    };
    const struct str bodies[] = {STR(""), STR("<html>no</html>"), STR("{"), STR("[]"),
        STR("{\"__type\":7}"), STR("\xff\x00")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < sizeof bodies / sizeof *bodies; j++)
            assert_class(cases[i].status, STR(""), bodies[j], cases[i].class);
}

static struct err explained(long status, struct str body, const char *operation)
{
    struct service_error error = read_error(status, STR(""), body);
    struct err err;
    service_error_explain(&error, operation, &err);
    return err;
}

static void the_line_says_what_to_do(void **state)
{
    (void)state;
    struct err err = explained(400,
        STR("{\"__type\":\"AccessDeniedException\",\"Message\":\"User: arn:aws:iam::1:user/x is "
            "not authorized\"}"),
        "DescribeStreamSummary");
    assert_int_equal(err.kind, ERR_OPERATOR);
    assert_string_equal(err.text,
        "DescribeStreamSummary: status 400 AccessDeniedException: User: arn:aws:iam::1:user/x is "
        "not authorized; hint: allow kinesis:DescribeStreamSummary on the stream in the IAM policy "
        "of these credentials");

    err = explained(502, STR("<h1>Bad Gateway</h1>"), "PutRecords");
    assert_int_equal(err.kind, ERR_RETRY);
    assert_string_equal(err.text, "PutRecords: status 502: <h1>Bad Gateway</h1>");

    err = explained(400, STR("{\"__type\":\"ValidationException\"}"), "PutRecords");
    assert_int_equal(err.kind, ERR_DATA);
    assert_string_equal(err.text, "PutRecords: status 400 ValidationException");
}

static void a_session_token_told_back_is_not_repeated(void **state)
{
    (void)state;
    struct err err = explained(403,
        STR("{\"__type\":\"InvalidSignatureException\",\"message\":\"It does not match.\\n\\nThe "
            "Canonical String should have been x-amz-security-token:SECRET\"}"),
        "PutRecords");
    assert_non_null(strstr(err.text, "It does not match."));
    assert_null(strstr(err.text, "SECRET"));
}

static bool refuses_form(long status, struct str reply)
{
    struct service_error error = read_error(status, STR(""), reply);
    return service_error_refuses_form(&error);
}

static void only_some_refusals_can_be_of_the_form(void **state)
{
    (void)state;
    assert_true(refuses_form(400, STR("{\"__type\":\"SerializationException\"}")));
    assert_true(refuses_form(404, STR("<UnknownOperationException/>\n")));
    assert_true(refuses_form(415, STR("")));
    assert_true(refuses_form(500, STR("<h1>Internal Server Error</h1>")));
    assert_false(refuses_form(400, STR("{\"__type\":\"ValidationException\"}")));
    assert_false(refuses_form(404, STR("{\"__type\":\"ResourceNotFoundException\"}")));
    assert_false(refuses_form(500, STR("{\"__type\":\"InternalFailure\"}")));
    assert_false(refuses_form(502, STR("<h1>Bad Gateway</h1>"))); // It may have been stored.
    assert_false(refuses_form(403, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_tells_the_class),
        cmocka_unit_test(a_code_is_undressed),
        cmocka_unit_test(the_body_wins_over_the_header),
        cmocka_unit_test(without_a_code_the_status_tells_the_class),
        cmocka_unit_test(only_some_refusals_can_be_of_the_form),
        cmocka_unit_test(the_line_says_what_to_do),
        cmocka_unit_test(a_session_token_told_back_is_not_repeated),
    };
    int failed = 0;
    for (form = DOCUMENT_JSON; form <= DOCUMENT_CBOR; form++)
        failed +=
            cmocka_run_group_tests_name(form == DOCUMENT_JSON ? "service_error, replies in JSON"
                                                              : "service_error, replies in CBOR",
                tests, NULL, NULL);
    return failed;
}
