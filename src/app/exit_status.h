// exit_status - what the program's end tells whoever started it. A contract: scripts and
// supervisors act upon it.
#ifndef PGK_APP_EXIT_STATUS_H
#define PGK_APP_EXIT_STATUS_H

#include "base/err.h"

enum exit_status {
    EXIT_STATUS_CLEAN,
    EXIT_STATUS_OPERATOR, // Somebody must act; then a restart helps.
    EXIT_STATUS_USAGE,    // The command line is wrong.
    EXIT_STATUS_FINAL     // A restart will not help.
};

static inline int exit_status_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return EXIT_STATUS_CLEAN;
    case ERR_USAGE:
        return EXIT_STATUS_USAGE;
    case ERR_FINAL:
    case ERR_DATA:
        return EXIT_STATUS_FINAL;
    case ERR_RETRY:
    case ERR_OPERATOR:
        break;
    }
    return EXIT_STATUS_OPERATOR;
}

#endif
