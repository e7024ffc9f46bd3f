// options - kinesis_sim's command line.
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "base/err.h"
#include "sim/account.h"
#include "sim/service.h"

enum {
    OPTIONS_STREAMS_MAX = 64,
};

enum options_wish {
    WISH_SERVE,
    WISH_HELP,
    WISH_FAULT_HELP,
    WISH_VERSION
};

// All strings borrow from argv.
struct options {
    enum options_wish wish;
    uint16_t port; // 0: any free one.
    struct stream_plan streams[OPTIONS_STREAMS_MAX];
    size_t streams_count;
    struct credentials credentials;
    struct account_rules rules;
    struct fault_rates rates;
    struct fault_rules fault_rules;
    uint64_t seed;
    const char *certificate_path; // NULL: no TLS.
    const char *key_path;
    const char *arrivals_path; // NULL: arrivals are noted nowhere.
};

MUST_CHECK bool options_parse(struct options *options, int argc, char **argv, struct err *err);

extern const char options_help[];

#endif
