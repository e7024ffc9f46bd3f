#include "sim/fault_rules.h"

void fault_rules_init(struct fault_rules *rules)
{
    rules->count = 0;
    rules->newest = 0;
}

bool fault_rules_add(struct fault_rules *rules, struct str text, struct err *err)
{
    if (rules->count == FAULT_RULES_MAX)
        return err_set(err, ERR_USAGE, "there are %d faults, no more can be", FAULT_RULES_MAX);
    struct fault_rule *rule = &rules->rules[rules->count];
    if (!fault_rule_parse(rule, text, err))
        return false;
    rule->number = ++rules->newest;
    rules->count++;
    return true;
}

bool fault_rules_remove(struct fault_rules *rules, uint32_t number)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->rules[i].number != number)
            continue;
        rules->count--;
        memmove(
            &rules->rules[i], &rules->rules[i + 1], (rules->count - i) * sizeof rules->rules[0]);
        return true;
    }
    return false;
}

void fault_rules_clear(struct fault_rules *rules)
{
    rules->count = 0;
}

static bool asks_record(const struct fault_rule *rule)
{
    return rule->shard != FAULT_ANY_SHARD || rule->key[0];
}

bool fault_rules_ask_records(const struct fault_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rules[i].effect != EFFECT_RECORD_ERROR && asks_record(&rules->rules[i]))
            return true;
    return false;
}

static bool is_of_operation(const struct fault_rule *rule, struct str operation)
{
    struct str wanted = str_from_c(rule->operation);
    return str_equal(wanted, STR("any")) || str_equal(wanted, operation);
}

static bool is_record(const struct fault_rule *rule, const struct fault_record *record)
{
    return (rule->shard == FAULT_ANY_SHARD || rule->shard == record->shard) &&
           (!rule->key[0] || str_equal(str_from_c(rule->key), record->partition_key));
}

static bool is_request(const struct fault_rule *rule, const struct fault_request *request)
{
    if (!is_of_operation(rule, request->operation) || (rule->reused && !request->reused))
        return false;
    for (size_t i = 0; i < request->records_count; i++)
        if (is_record(rule, &request->records[i]))
            return true;
    return !asks_record(rule);
}

struct strike fault_rules_for_request(
    struct fault_rules *rules, const struct fault_request *request, struct random *random)
{
    struct strike strike = {.rule = NULL};
    for (size_t i = 0; i < rules->count; i++) {
        struct fault_rule *rule = &rules->rules[i];
        // What comes second cannot strike any more: it waits, uncounted, for a request of its own.
        const bool comes_second = strike.rule && rule->effect != EFFECT_NONE;
        if (rule->effect == EFFECT_RECORD_ERROR || comes_second || !is_request(rule, request) ||
            !fault_rule_strikes(rule, random))
            continue;
        strike.delay_ms += rule->delay_ms;
        if (rule->effect != EFFECT_NONE)
            strike.rule = rule;
    }
    return strike;
}

const char *fault_rules_for_record(struct fault_rules *rules, struct str operation,
    const struct fault_record *record, struct random *random)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct fault_rule *rule = &rules->rules[i];
        if (rule->effect == EFFECT_RECORD_ERROR && is_of_operation(rule, operation) &&
            is_record(rule, record) && fault_rule_strikes(rule, random))
            return rule->code;
    }
    return NULL;
}
