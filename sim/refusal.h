// refusal - why a request is not done, in the service's own words.
#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include <stdbool.h>

struct refusal {
    int status;       // Of HTTP.
    const char *type; // The exception's name; static.
    char message[1024];
};

// Fills it in and returns false, so that a refusing function ends in "return refuse(...)". 400.
bool refuse(struct refusal *refusal, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same for what is the service's own fault: 500.
bool refuse_internally(struct refusal *refusal);

#endif
