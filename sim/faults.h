// faults - what goes wrong on purpose, the same way for the same seed.
//
// A fault is a value that travels with its reply to whoever comes to the point where it strikes and
// acts on it. What decides on one are a few standing rates, and any number of rules
// (fault_rules.h).
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "base/random.h"
#include "sim/fault_rules.h"

#include <stdint.h>

enum fault_fate {
    FATE_ANSWER,
    FATE_CLOSE, // The connection is closed without a word.
    FATE_RESET, // It is reset.
    FATE_STALL  // It stays open, silent for ever.
};

struct fault {
    int64_t delay_ms; // Before the fate.
    enum fault_fate fate;
    bool spoils;             // The answer is not what was done.
    bool halves;             // Half of it is sent, and then the connection ends.
    bool ends;               // It says that the connection ends with it.
    int64_t drip_ms;         // Between a byte of it and the next; 0: all goes at once.
    uint64_t retry_after_s;  // The headers Retry-After
    uint64_t retry_after_ms; // and x-amz-retry-after; 0: not there.
};

enum {
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
    bool distributes;        // Every stream places records as it likes, and says so.
    int64_t throttled_shard; // By number: it takes no record.
    int64_t change_ms;       // So long a stream is CREATING, UPDATING, DELETING.
    int64_t clock_offset_s;  // The service's clock goes ahead of the true one; below 0, behind.
};

struct faults {
    struct fault_rates rates;
    struct fault_rules rules;
    struct random random;
    uint64_t put_requests;
};

void faults_init(struct faults *faults, struct fault_rates rates, uint64_t seed);

// What the rates do to a request, before it is looked into.
struct fault faults_for_request(struct faults *faults, bool is_put_records);
// Whether a request that holds a record of this partition key is refused as a whole.
bool faults_refuse_key(const struct faults *faults, struct str partition_key);
// The code that a record of a request of this operation is refused with; NULL: it is not.
const char *faults_for_record(
    struct faults *faults, struct str operation, const struct fault_record *record);

#endif
