#include "sim/spoil.h"

#include "sim/refusal.h"
#include "sim/service.h"

bool spoil_lets_run(const struct strike *strike)
{
    return !strike->rule || strike->rule->done;
}

static int usual_status(struct str code)
{
    if (str_starts_with(code, STR("Internal")))
        return 500;
    return str_starts_with(code, STR("ServiceUnavailable")) ? 503 : 400;
}

bool spoil_lets_pass(const struct strike *strike, struct refusal *refusal)
{
    const struct fault_rule *rule = strike->rule;
    if (!rule || rule->effect != EFFECT_ERROR)
        return true;
    refuse(refusal, rule->code, "kinesis_sim was told to answer so");
    refusal->status = rule->status > 0 ? (int)rule->status : usual_status(str_from_c(rule->code));
    return false;
}

size_t spoil_results(const struct strike *strike, size_t records_count)
{
    const enum fault_effect effect = strike->rule ? strike->rule->effect : EFFECT_NONE;
    return records_count + (effect == EFFECT_MANY) - (effect == EFFECT_FEW);
}

static void write_error(const struct fault_rule *rule, struct reply *reply)
{
    // As a proxy in between says it.
    static const struct str html =
        STR_CONST("<html>\n<head><title>Service Temporarily Unavailable</title></head>\n"
                  "<body><center><h1>Service Temporarily Unavailable</h1></center></body>\n"
                  "</html>\n");
    reply->fault.retry_after_s = rule->retry_after_s;
    reply->fault.retry_after_ms = rule->retry_after_ms;
    if (rule->body == BODY_NORMAL)
        return;
    reply->content_type = "text/html";
    reply->body = rule->body == BODY_HTML ? html : STR("");
}

void spoil_reply(const struct strike *strike, struct reply *reply)
{
    static const struct str garbage = STR_CONST("\xff\xfe\0{]\"FailedRecordCount\": \x9f\xff");
    reply->fault.delay_ms += (int64_t)strike->delay_ms;
    const struct fault_rule *rule = strike->rule;
    if (!rule)
        return;
    struct fault *fault = &reply->fault;
    // Unless the request was done, whoever hears of an error hears the truth.
    fault->spoils = rule->done;
    switch (rule->effect) {
    case EFFECT_NONE:
    case EFFECT_RECORD_ERROR:
        break;
    case EFFECT_ERROR:
        write_error(rule, reply);
        break;
    case EFFECT_CLOSE:
        fault->fate = FATE_CLOSE;
        break;
    case EFFECT_RESET:
        fault->fate = FATE_RESET;
        break;
    case EFFECT_STALL:
        fault->fate = FATE_STALL;
        break;
    case EFFECT_TRUNCATE:
        fault->halves = true;
        break;
    case EFFECT_GARBAGE:
        reply->status = 200;
        reply->body = garbage;
        break;
    case EFFECT_FEW:
    case EFFECT_MANY:
        break; // Whoever writes the results has seen to it.
    case EFFECT_DRIP:
        fault->spoils = false;
        fault->drip_ms = (int64_t)rule->drip_ms;
        break;
    case EFFECT_LAST:
        fault->spoils = false;
        fault->ends = true;
        break;
    }
}
