// err - why an operation failed, and what its caller should do about it.
//
// A function that can fail returns bool and takes a struct err last. The text is one line that a
// person reads: what was tried, what happened, and after "hint: " what to do. Never a secret.
#ifndef PGK_BASE_ERR_H
#define PGK_BASE_ERR_H

#include "base/str.h"

#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_RETRY,    // Passing trouble: network, throttling, failover. Back off and try again.
    ERR_OPERATOR, // The operator must change something: grants, a missing slot or stream.
    ERR_FINAL,    // No retry and no restart can help: the slot is lost, a gap was found.
    ERR_DATA,     // The input cannot be understood or delivered; retrying cannot help.
    ERR_USAGE     // The command line is wrong.
};

struct err {
    enum err_kind kind;
    char text[768];
};

#define MUST_CHECK __attribute__((warn_unused_result))

// Record a failure and return false, so that a failing function ends in "return err_set(...)".
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Say what was being attempted: "cannot start replication: " is put in front of the cause.
bool err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Say what to do: "; hint: ..." is put behind the cause.
bool err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A peer's words made fit for one of our lines: 200 bytes at most, a run of line ends and
// tabs as a blank, other control characters and bytes outside of ASCII as \xNN, blanks at the ends
// taken off. The quote is a value: no one frees it.
#define ERR_QUOTE_BYTES 200
struct err_quote {
    char text[ERR_QUOTE_BYTES + 8];
};
struct err_quote err_quote(struct str peer_text);

#endif
