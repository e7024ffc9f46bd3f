#include "base/alloc.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/http_request.h"
#include "sim/operations.h"
#include "sim/parameters.h"
#include "sim/refusal.h"
#include "sim/sigv4_check.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t NOW_MS = 1795347436640;

static void check_signature(const struct http_request *request)
{
    const struct sigv4_rules rules = {
        .key_id = STR("test"),
        .secret = STR("test"),
        .service = STR("kinesis"),
        .now_s = NOW_MS / 1000,
    };
    struct refusal refusal;
    struct str region;
    sigv4_check(request, &rules, &region, &refusal);
}

// An empty answer is one, too.
static void assert_is_document(enum document_form form, struct buf *bytes)
{
    struct document answer = document_over(form, bytes->ptr, bytes->len);
    document_skip(&answer);
    assert(bytes->len == 0 || document_done(&answer));
}

// As if the signature were right: no fuzzer finds a right one. A refusal changes nothing.
static void run_operation(struct account *account, const struct http_request *request)
{
    static struct parameters parameters;
    const struct str *target = http_header(request, STR("X-Amz-Target"));
    const struct operation *operation = target ? operation_find(*target) : NULL;
    const enum document_form form = document_form_of(request->body);
    struct document body = document_over(form, (char *)request->body.ptr, request->body.len);
    struct refusal refusal;
    if (!operation || !parameters_read(&parameters, body, &refusal))
        return;
    struct buf bytes;
    buf_init(&bytes, 96 << 20);
    struct answer answer = answer_in(form, &bytes);
    const uint64_t stored = account->counters.records_stored;
    const size_t streams = account->streams.count;
    if (operation->run(account, &parameters, &answer, &refusal)) {
        assert(buf_ok(&bytes));
        assert_is_document(form, &bytes);
    } else {
        assert(account->counters.records_stored == stored);
        assert(account->streams.count == streams);
    }
    buf_release(&bytes);
}

static void serve(struct account *account, char *bytes, size_t size)
{
    struct http_request request;
    int status = 0;
    if (http_request_parse((struct str){.ptr = bytes, .len = size}, &request, &status) !=
        HTTP_READY)
        return;
    assert(request.bytes <= size);
    check_signature(&request);
    run_operation(account, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct account account;
    account_init(&account, (struct account_rules){.record_kib_max = LIMIT_RECORD_KIB_DEFAULT});
    account.now_ms = NOW_MS;
    faults_init(&account.faults, (struct fault_rates){.delay_ms = 0}, 1);
    streams_create(&account.streams,
        (struct stream_plan){
            .name = STR("rows"), .shards_count = 3, .record_kib_max = LIMIT_RECORD_KIB_DEFAULT},
        NOW_MS);

    // A copy, since a body is spent by its reading.
    char *bytes = alloc_bytes(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)data[i];
    serve(&account, bytes, size);
    free(bytes);
    account_release(&account);
    return 0;
}
