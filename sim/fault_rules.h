// fault_rules - the rules in force, and which of them strike a request or a record.
#ifndef SIM_FAULT_RULES_H
#define SIM_FAULT_RULES_H

#include "sim/fault_rule.h"

enum {
    FAULT_RULES_MAX = 64,
};

struct fault_rules {
    struct fault_rule rules[FAULT_RULES_MAX]; // In the order they were given.
    size_t count;
    uint32_t newest; // The number of the rule that came last; the first one's is 1.
};

struct fault_record {
    struct str partition_key;
    uint32_t shard; // By number.
};

// A request as the rules see it.
struct fault_request {
    struct str operation;
    bool reused; // Its connection has served another.
    const struct fault_record *records;
    size_t records_count;
};

// What strikes a request: the delays of all rules that do, and the effect of the first with one.
struct strike {
    const struct fault_rule *rule; // NULL: of none. Borrowed until the rules change.
    uint64_t delay_ms;
};

void fault_rules_init(struct fault_rules *rules);

MUST_CHECK bool fault_rules_add(struct fault_rules *rules, struct str text, struct err *err);
// False when there is none of that number.
bool fault_rules_remove(struct fault_rules *rules, uint32_t number);
void fault_rules_clear(struct fault_rules *rules);

// Whether any rule asks which records a request holds.
bool fault_rules_ask_records(const struct fault_rules *rules);

struct strike fault_rules_for_request(
    struct fault_rules *rules, const struct fault_request *request, struct random *random);

// The code that a record of a request of this operation is refused with; NULL: it is not.
const char *fault_rules_for_record(struct fault_rules *rules, struct str operation,
    const struct fault_record *record, struct random *random);

#endif
