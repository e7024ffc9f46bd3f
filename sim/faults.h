// faults - what goes wrong on purpose, the same way for the same seed.
//
// A fault is a value that travels with its request: faults_for_request() decides once, before the
// request is done; whoever comes to the point where it strikes acts on it. So a new kind of fault
// is an enumerator, a way to decide on it here, and one place that acts on it.
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "base/random.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum fault_fate {
    FATE_ANSWER,
    FATE_CLOSE, // The request is done and the connection closed without a word.
    FATE_STALL  // The request is done and the connection stays open, silent for ever.
};

struct fault {
    int64_t delay_ms; // Before the fate.
    enum fault_fate fate;
};

enum record_fault {
    RECORD_FAULT_NONE,
    RECORD_FAULT_INTERNAL,
    RECORD_FAULT_THROTTLED,
};

enum {
    FAULT_KEY_BYTES_MAX = 256,
    FAULT_TOKEN_BYTES_MAX = 64,
    FAULT_STATUS_BYTES_MAX = 16,
    FAULT_NO_SHARD = -1
};

struct fault_rates {
    double fail_records; // Percent of the records put.
    double drop_replies; // Percent of the PutRecords requests.
    int64_t delay_ms;
    bool stall;                                // From now on.
    uint64_t stall_after;                      // After so many PutRecords requests; 0 for never.
    char refused_key[FAULT_KEY_BYTES_MAX + 1]; // Of whole requests; "" for none.
    char failed_key[FAULT_KEY_BYTES_MAX + 1];  // Of records, each of which fails; "" for none.
    char expired_token[FAULT_TOKEN_BYTES_MAX + 1];
    char stream_status[FAULT_STATUS_BYTES_MAX + 1]; // That every stream tells; "" for ACTIVE.
    bool distributes; // Every stream says that it places records as it likes, though none does.
    int64_t throttled_shard; // By number: it takes no record.
};

struct faults {
    struct fault_rates rates;
    struct random random;
    uint64_t put_requests;
};

void faults_init(struct faults *faults, struct fault_rates rates, uint64_t seed);

struct fault faults_for_request(struct faults *faults, bool is_put_records);
// Whether a request that holds a record of this partition key is refused as a whole.
bool faults_refuse_key(const struct faults *faults, struct str partition_key);
enum record_fault faults_for_record(
    struct faults *faults, struct str partition_key, uint32_t shard_number);

#endif
