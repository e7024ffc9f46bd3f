// fault_rule - one thing that goes wrong, and when, in words: "shard=2 every=3 throttle".
//
// fault_rule_help explains the words. A rule strikes requests or, when its effect is one on
// records, single records; it counts those that it could strike, and those that it did.
#ifndef SIM_FAULT_RULE_H
#define SIM_FAULT_RULE_H

#include "base/err.h"

#include <stdint.h>

struct random;

enum fault_effect {
    EFFECT_NONE,         // Of its own; the rule delays.
    EFFECT_RECORD_ERROR, // A record is refused with the rule's code.
    EFFECT_ERROR,        // A request is, as a whole.
    EFFECT_CLOSE,        // No reply: the connection ends in good form,
    EFFECT_RESET,        // by a reset,
    EFFECT_STALL,        // or never.
    EFFECT_TRUNCATE,     // Half of the reply, then the connection ends.
    EFFECT_GARBAGE,      // A reply of status 200 with a body that means nothing.
    EFFECT_FEW,          // The reply lacks the last record's result,
    EFFECT_MANY,         // or has it twice.
    EFFECT_DRIP,         // The reply comes a byte at a time.
    EFFECT_LAST          // The reply is right and says that the connection ends with it.
};

enum fault_body {
    BODY_NORMAL, // As the service writes an error.
    BODY_HTML,
    BODY_EMPTY
};

enum {
    FAULT_RULE_BYTES_MAX = 512,
    FAULT_KEY_BYTES_MAX = 256,
    FAULT_CODE_BYTES_MAX = 63,
    FAULT_OPERATION_BYTES_MAX = 63
};

#define FAULT_ANY_SHARD UINT64_MAX

struct fault_rule {
    char text[FAULT_RULE_BYTES_MAX + 1]; // As it was given.
    uint32_t number;                     // Its name among the rules.

    char operation[FAULT_OPERATION_BYTES_MAX + 1]; // Or "any".
    char key[FAULT_KEY_BYTES_MAX + 1];             // "": of any partition key.
    uint64_t shard;                                // By number, or FAULT_ANY_SHARD.
    bool reused;                                   // Only on a connection that served before.
    uint64_t nth;                                  // Of those that it could strike; 0: any.
    uint64_t every;                                // Likewise.
    uint64_t after;                                // So many pass first.
    uint64_t times;                                // At most so often; 0: without end.
    double share;                                  // In percent.

    enum fault_effect effect;
    enum fault_body body;
    bool undone;
    bool done; // The request is done all the same, whatever its reply looks like.
    uint64_t delay_ms;
    uint64_t drip_ms;
    char code[FAULT_CODE_BYTES_MAX + 1];
    uint64_t status;         // Of HTTP; 0: the code's own.
    uint64_t retry_after_s;  // A header of the reply; 0: none.
    uint64_t retry_after_ms; // Likewise.

    uint64_t met; // What it could have struck.
    uint64_t struck;
};

extern const char fault_rule_help[];

MUST_CHECK bool fault_rule_parse(struct fault_rule *rule, struct str text, struct err *err);

// Whether it strikes now what it could strike; counts that.
bool fault_rule_strikes(struct fault_rule *rule, struct random *random);

#endif
