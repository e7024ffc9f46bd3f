#include "sim/control.h"

#include "base/json_reader.h"
#include "base/json_write.h"
#include "sim/account.h"
#include "sim/http_request.h"

#include <inttypes.h>
#include <string.h>

static void write_rules(struct buf *answer, const struct fault_rules *rules)
{
    buf_add(answer, STR("\"rules\":["));
    for (size_t i = 0; i < rules->count; i++) {
        const struct fault_rule *rule = &rules->rules[i];
        buf_printf(answer, "%s{\"number\":%" PRIu32 ",\"rule\":", i > 0 ? "," : "", rule->number);
        json_write_string(answer, str_from_c(rule->text));
        buf_printf(answer, ",\"met\":%" PRIu64 ",\"struck\":%" PRIu64 "}", rule->met, rule->struck);
    }
    buf_add(answer, STR("],"));
}

static void write_state(struct buf *answer, const struct account *account)
{
    const struct counters *counters = &account->counters;
    const struct fault_rates *rates = &account->faults.rates;
    const struct {
        const char *name;
        uint64_t value;
    } counted[] = {
        {"requests", counters->requests},
        {"cbor_requests", counters->cbor_requests},
        {"put_records_requests", counters->put_records_requests},
        {"requests_refused", counters->requests_refused},
        {"signature_failures", counters->signature_failures},
        {"records_stored", counters->records_stored},
        {"bytes_stored", counters->bytes_stored},
        {"payload_units", counters->payload_units},
        {"rounded_kib", counters->rounded_kib},
        {"bytes_received", counters->bytes_received},
        {"records_failed", counters->records_failed},
        {"records_throttled", counters->records_throttled},
        {"records_read", counters->records_read},
        {"replies_dropped", counters->replies_dropped},
        {"replies_stalled", counters->replies_stalled},
    };
    buf_add_byte(answer, '{');
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
        buf_printf(answer, "\"%s\":%" PRIu64 ",", counted[i].name, counted[i].value);
    write_rules(answer, &account->faults.rules);
    buf_printf(answer,
        "\"faults\":{\"fail_records\":%g,\"drop_replies\":%g,\"delay_ms\":%" PRId64
        ",\"stall\":%s,\"stall_after\":%" PRIu64 ",\"refuse_key\":",
        rates->fail_records, rates->drop_replies, rates->delay_ms, rates->stall ? "true" : "false",
        rates->stall_after);
    json_write_string(answer, str_from_c(rates->refused_key));
    buf_add(answer, STR(",\"fail_key\":"));
    json_write_string(answer, str_from_c(rates->failed_key));
    buf_add(answer, STR(",\"expired_token\":"));
    json_write_string(answer, str_from_c(rates->expired_token));
    buf_add(answer, STR(",\"stream_status\":"));
    json_write_string(answer, str_from_c(rates->stream_status));
    buf_printf(answer,
        ",\"distributes\":%s,\"throttle_shard\":%" PRId64 ",\"change_ms\":%" PRId64
        ",\"clock_offset_s\":%" PRId64 "}}\n",
        rates->distributes ? "true" : "false", rates->throttled_shard, rates->change_ms,
        rates->clock_offset_s);
}

// A number from least to most; anything else fails the reader.
static double read_between(struct json_reader *json, double least, double most)
{
    double number = json_number(json);
    if (number >= least && number <= most)
        return number;
    json->failed = true;
    return least;
}

static void read_text(struct json_reader *json, char *copy, size_t bytes_max)
{
    struct str text = json_string(json);
    if (text.len > bytes_max)
        json->failed = true;
    else
        memcpy(copy, text.ptr, text.len);
    copy[json->failed ? 0 : text.len] = 0;
}

static int64_t read_shard(struct json_reader *json)
{
    return (int64_t)read_between(json, FAULT_NO_SHARD, UINT32_MAX);
}

// A test that mistypes a fault must not pass for want of it: what is unknown fails the reader.
static void read_rate(struct json_reader *json, struct str name, struct fault_rates *rates)
{
    if (str_equal(name, STR("fail_records")))
        rates->fail_records = read_between(json, 0, 100);
    else if (str_equal(name, STR("drop_replies")))
        rates->drop_replies = read_between(json, 0, 100);
    else if (str_equal(name, STR("delay_ms")))
        rates->delay_ms = (int64_t)read_between(json, 0, 3600000);
    else if (str_equal(name, STR("change_ms")))
        rates->change_ms = (int64_t)read_between(json, 0, 3600000);
    else if (str_equal(name, STR("clock_offset_s")))
        rates->clock_offset_s = (int64_t)read_between(json, -1e9, 1e9);
    else if (str_equal(name, STR("stall_after")))
        rates->stall_after = (uint64_t)read_between(json, 0, 1e15);
    else if (str_equal(name, STR("refuse_key")))
        read_text(json, rates->refused_key, FAULT_KEY_BYTES_MAX);
    else if (str_equal(name, STR("fail_key")))
        read_text(json, rates->failed_key, FAULT_KEY_BYTES_MAX);
    else if (str_equal(name, STR("throttle_shard")))
        rates->throttled_shard = read_shard(json);
    else if (str_equal(name, STR("expired_token")))
        read_text(json, rates->expired_token, FAULT_TOKEN_BYTES_MAX);
    else if (str_equal(name, STR("stream_status")))
        read_text(json, rates->stream_status, FAULT_STATUS_BYTES_MAX);
    else if (str_equal(name, STR("stall")))
        rates->stall = json_bool(json);
    else if (str_equal(name, STR("distributes")))
        rates->distributes = json_bool(json);
    else
        json->failed = true;
}

static bool clear_rule(struct json_reader *json, struct fault_rules *rules, struct err *err)
{
    uint32_t number = (uint32_t)read_between(json, 0, UINT32_MAX);
    return fault_rules_remove(rules, number) ||
           err_set(err, ERR_USAGE, "there is no fault of number %" PRIu32, number);
}

static bool read_changes(struct json_reader *json, struct faults *faults, struct err *err)
{
    struct str name;
    bool ok = true;
    json_enter_object(json);
    while (ok && json_member(json, &name)) {
        if (str_equal(name, STR("fault")))
            ok = fault_rules_add(&faults->rules, json_string(json), err);
        else if (str_equal(name, STR("clear_fault")))
            ok = clear_rule(json, &faults->rules, err);
        else if (!str_equal(name, STR("clear_faults")))
            read_rate(json, name, &faults->rates);
        else if (json_bool(json))
            fault_rules_clear(&faults->rules);
    }
    return ok && (json_done(json) || err_set(err, ERR_USAGE, "not an object of known faults"));
}

int control_answer(struct account *account, const struct http_request *request, struct buf *answer)
{
    if (str_equal(request->method, STR("POST"))) {
        struct faults changed = account->faults;
        struct json_reader json = json_reader_over((char *)request->body.ptr, request->body.len);
        struct err err;
        if (!read_changes(&json, &changed, &err)) {
            buf_add(answer, STR("{\"error\":"));
            json_write_string(answer, str_from_c(err.text));
            buf_add(answer, STR("}\n"));
            return 400;
        }
        account->faults = changed;
    }
    write_state(answer, account);
    return 200;
}
