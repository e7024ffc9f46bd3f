#include "sim/faults.h"

void faults_init(struct faults *faults, struct fault_rates rates, uint64_t seed)
{
    faults->rates = rates;
    faults->random = random_from(seed);
    faults->put_requests = 0;
    fault_rules_init(&faults->rules);
}

// Draws nothing when the answer is certain: what is off does not move the other faults' numbers.
static bool strikes(struct faults *faults, double percent)
{
    const uint64_t whole = 1000000;
    return percent > 0 &&
           random_below(&faults->random, whole) < (uint64_t)(percent * (double)whole / 100);
}

struct fault faults_for_request(struct faults *faults, bool is_put_records)
{
    struct fault fault = {.delay_ms = faults->rates.delay_ms, .fate = FATE_ANSWER};
    if (is_put_records) {
        faults->put_requests++;
        if (strikes(faults, faults->rates.drop_replies))
            fault.fate = FATE_CLOSE;
    }
    const uint64_t last = faults->rates.stall_after;
    if (faults->rates.stall || (last > 0 && faults->put_requests > last))
        fault.fate = FATE_STALL;
    return fault;
}

static bool is_key(struct str partition_key, const char *chosen)
{
    struct str key = str_from_c(chosen);
    return key.len > 0 && str_equal(partition_key, key);
}

bool faults_refuse_key(const struct faults *faults, struct str partition_key)
{
    return is_key(partition_key, faults->rates.refused_key);
}

const char *faults_for_record(
    struct faults *faults, struct str operation, const struct fault_record *record)
{
    static const char failed[] = "InternalFailure";
    static const char throttled[] = "ProvisionedThroughputExceededException";
    if (is_key(record->partition_key, faults->rates.failed_key))
        return failed;
    if (faults->rates.throttled_shard == record->shard)
        return throttled;
    if (strikes(faults, faults->rates.fail_records))
        return random_below(&faults->random, 2) == 0 ? failed : throttled;
    return fault_rules_for_record(&faults->rules, operation, record, &faults->random);
}
