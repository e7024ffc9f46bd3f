#include "kinesis/service_error.h"

#include "base/buf.h"
#include "base/document.h"

#include <stdio.h>
#include <string.h>

#define HINT_EXPIRED                                                                               \
    "get new credentials; the files of ~/.aws are read again, the environment is not"
#define HINT_KEY   "check the access key, the secret and the session token"
#define HINT_CLOCK "check the secret access key and the clock of this host"
#define HINT_REGION                                                                                \
    "check --region, or the region that the environment or the profile names: the endpoint is "    \
    "another one's"
#define HINT_KMS "allow kms:GenerateDataKey on the stream's KMS key, and see that it is enabled"

struct known_code {
    struct str code;
    enum service_class class;
    const char *hint;
};

static const struct known_code known_codes[] = {
    {STR_CONST("ProvisionedThroughputExceededException"), SERVICE_THROTTLED, NULL},
    {STR_CONST("LimitExceededException"), SERVICE_THROTTLED, NULL},
    {STR_CONST("ThrottlingException"), SERVICE_THROTTLED, NULL},
    {STR_CONST("Throttling"), SERVICE_THROTTLED, NULL},
    {STR_CONST("RequestLimitExceeded"), SERVICE_THROTTLED, NULL},
    {STR_CONST("TooManyRequestsException"), SERVICE_THROTTLED, NULL},
    {STR_CONST("SlowDown"), SERVICE_THROTTLED, NULL},
    {STR_CONST("KMSThrottlingException"), SERVICE_THROTTLED, NULL},
    {STR_CONST("InternalFailure"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("InternalFailureException"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("InternalServerError"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("ServiceUnavailable"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("ServiceUnavailableException"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("RequestTimeout"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("RequestTimeoutException"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("ResourceInUseException"), SERVICE_TRANSIENT, NULL},
    {STR_CONST("ExpiredTokenException"), SERVICE_AUTH, HINT_EXPIRED},
    {STR_CONST("ExpiredToken"), SERVICE_AUTH, HINT_EXPIRED},
    {STR_CONST("UnrecognizedClientException"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("InvalidClientTokenId"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("MissingAuthenticationToken"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("MissingAuthenticationTokenException"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("IncompleteSignature"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("IncompleteSignatureException"), SERVICE_AUTH, HINT_KEY},
    {STR_CONST("InvalidSignatureException"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("SignatureDoesNotMatch"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("RequestTimeTooSkewed"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("RequestExpired"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("RequestInTheFuture"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("AuthFailure"), SERVICE_CLOCK, HINT_CLOCK},
    {STR_CONST("ResourceNotFoundException"), SERVICE_CONFIG,
        "create the stream, or check --stream, --region and the account of the credentials"},
    {STR_CONST("UnknownOperationException"), SERVICE_CONFIG,
        "this is the answer of another service: check the endpoint URL"},
    {STR_CONST("KMSAccessDeniedException"), SERVICE_CONFIG, HINT_KMS},
    {STR_CONST("KMSDisabledException"), SERVICE_CONFIG, HINT_KMS},
    {STR_CONST("KMSInvalidStateException"), SERVICE_CONFIG, HINT_KMS},
    {STR_CONST("KMSNotFoundException"), SERVICE_CONFIG, HINT_KMS},
    {STR_CONST("KMSOptInRequired"), SERVICE_CONFIG, HINT_KMS},
    {STR_CONST("InvalidArgumentException"), SERVICE_REQUEST, NULL},
    {STR_CONST("ValidationException"), SERVICE_REQUEST, NULL},
    {STR_CONST("SerializationException"), SERVICE_REQUEST, NULL},
};

// "com.amazon.kinesis#Code:http://..." is how some front ends dress a code.
static struct str bare_code(struct str dressed)
{
    struct str code = str_cut(&dressed, ':');
    while (memchr(code.ptr, '#', code.len))
        str_cut(&code, '#');
    return str_trim(code);
}

static void classify_by_status(struct service_error *error)
{
    if (error->status == 429) {
        error->class = SERVICE_THROTTLED;
    } else if (error->status >= 500 || error->status == 408) {
        error->class = SERVICE_TRANSIENT;
    } else if (error->status == 413) {
        error->class = SERVICE_REQUEST;
    } else {
        // Neither lost nor skipped for a word we do not know: it is held until someone looks.
        error->class = SERVICE_CONFIG;
        if (!error->code.text[0])
            error->hint = "this may be the answer of a proxy, or of another service: check the "
                          "endpoint URL and the proxy settings";
    }
}

static void classify(struct service_error *error, struct str code)
{
    if (str_equal(code, STR("AccessDeniedException"))) {
        error->class = SERVICE_CONFIG; // Its hint names the operation: see below.
        return;
    }
    for (size_t i = 0; i < sizeof known_codes / sizeof *known_codes; i++) {
        if (str_equal(code, known_codes[i].code)) {
            error->class = known_codes[i].class;
            error->hint = known_codes[i].hint;
            return;
        }
    }
    classify_by_status(error);
}

// What an error of the service's own says; "" where it says nothing.
struct told {
    struct str type;
    struct str message;
    struct str other_message; // Some front ends begin it with a capital.
};

static bool read_told(struct buf *body, struct told *told)
{
    struct document reply = document_over_either(body->ptr, body->len);
    struct str name;
    document_enter_map(&reply);
    while (document_member(&reply, &name)) {
        if (str_equal(name, STR("__type")))
            told->type = document_text_or_skip(&reply);
        else if (str_equal(name, STR("message")))
            told->message = document_text_or_skip(&reply);
        else if (str_equal(name, STR("Message")))
            told->other_message = document_text_or_skip(&reply);
        else
            document_skip(&reply);
    }
    return document_done(&reply);
}

// The first line only: what is wrong with a signature is followed by the request as the service
// would have signed it, session token and all.
static struct str message_of(const struct told *told)
{
    struct str message = told->message.len > 0 ? told->message : told->other_message;
    return str_cut(&message, '\n');
}

struct service_error service_error_read(long status, struct str error_type, struct buf *body)
{
    struct service_error error = {.status = status, .hint = NULL};
    struct err_quote whole = err_quote(buf_str(body));
    struct told told = {STR(""), STR(""), STR("")};
    bool understood = read_told(body, &told);
    struct str code = bare_code(understood && told.type.len > 0 ? told.type : error_type);
    error.code = err_quote(code);
    error.message = understood ? err_quote(message_of(&told)) : whole;
    classify(&error, code);
    if (error.class == SERVICE_CLOCK && strstr(error.message.text, "scoped to a valid region"))
        error.hint = HINT_REGION;
    return error;
}

// AWS answers an unknown Content-Type by 404 and XML, an unreadable body by a code. Without a code,
// 415 is the protocol's own word for it, and 500 what moto says, which takes any body for text.
bool service_error_refuses_form(const struct service_error *error)
{
    static const char *const codes[] = {
        "UnknownOperationException", "SerializationException", "UnsupportedMediaTypeException"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(error->code.text, codes[i]) == 0)
            return true;
    return !error->code.text[0] &&
           (error->status == 404 || error->status == 415 || error->status == 500);
}

static enum err_kind kind_of(enum service_class class)
{
    switch (class) {
    case SERVICE_THROTTLED:
    case SERVICE_TRANSIENT:
        return ERR_RETRY;
    case SERVICE_REQUEST:
        return ERR_DATA;
    default:
        return ERR_OPERATOR;
    }
}

void service_error_explain(
    const struct service_error *error, const char *operation, struct err *err)
{
    err_set(err, kind_of(error->class), "%s: status %ld%s%s%s%s", operation, error->status,
        error->code.text[0] ? " " : "", error->code.text, error->message.text[0] ? ": " : "",
        error->message.text);
    if (error->hint)
        err_hint(err, "%s", error->hint);
    else if (strcmp(error->code.text, "AccessDeniedException") == 0)
        err_hint(err, "allow kinesis:%s on the stream in the IAM policy of these credentials",
            operation);
}
