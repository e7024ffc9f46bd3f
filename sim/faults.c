#include "sim/faults.h"

void faults_init(struct faults *faults, struct fault_rates rates, uint64_t seed)
{
    *faults = (struct faults){.rates = rates, .random = random_from(seed)};
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

enum record_fault faults_for_record(
    struct faults *faults, struct str partition_key, uint32_t shard_number)
{
    if (is_key(partition_key, faults->rates.failed_key))
        return RECORD_FAULT_INTERNAL;
    if (faults->rates.throttled_shard == shard_number)
        return RECORD_FAULT_THROTTLED;
    if (!strikes(faults, faults->rates.fail_records))
        return RECORD_FAULT_NONE;
    return random_below(&faults->random, 2) == 0 ? RECORD_FAULT_INTERNAL : RECORD_FAULT_THROTTLED;
}
