// complaints - what is wrong with a request's parameters, collected into one ValidationException.
//
// "2 validation errors detected: Value 'x' at 'streamName' failed to satisfy constraint: ...; ..."
// The service tells ten of them at most, and so do we.
#ifndef SIM_COMPLAINTS_H
#define SIM_COMPLAINTS_H

#include "sim/parameters.h"

struct complaints {
    unsigned count;
    size_t len;
    char text[800];
};

void complaints_init(struct complaints *complaints);

// A complaint; the format is the whole of it: "Value ... at ... failed to satisfy constraint: ...".
void complain(struct complaints *complaints, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The constraints that several operations share; the name is the member's as the service writes it
// in its texts: "streamName".
void require_text(struct complaints *complaints, struct text_parameter text, const char *name);
void check_stream_name(struct complaints *complaints, struct text_parameter name);
void check_range(struct complaints *complaints, struct number_parameter number, const char *name,
    int64_t most); // From 1.

// True when there are none; else the refusal tells them.
bool complaints_settle(const struct complaints *complaints, struct refusal *refusal);

#endif
