// config - what the operator asked for, from the command line and the environment.
//
// Strings are never NULL; they live as long as the process.
#ifndef PGK_MODEL_CONFIG_H
#define PGK_MODEL_CONFIG_H

#include "base/log.h"
#include "model/fields.h"
#include "model/lsn.h"
#include "model/plugin.h"
#include "model/selection.h"
#include "model/wire_choice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command {
    COMMAND_STREAM,
    COMMAND_DROP,
    COMMAND_HELP,
    COMMAND_VERSION
};

enum endpos_kind {
    ENDPOS_NONE,
    ENDPOS_LSN,
    ENDPOS_NOW // Where the server's log ends when we come.
};

// What becomes of a record over the stream's limit.
enum oversize {
    OVERSIZE_STOP,
    OVERSIZE_SKIP,
    OVERSIZE_ELIDE // It goes without its largest values.
};

// What becomes of a record that the service refuses, even alone.
enum refused {
    REFUSED_STOP,
    REFUSED_SKIP
};

// What records arrive in.
enum order {
    ORDER_KEY, // Per partition key, the order of the commits.
    ORDER_NONE
};

struct config {
    enum command command;

    const char *source; // A password may be in it: not for any output.
    const char *slot;
    bool slot_is_named; // By the operator; else it is the default.
    enum plugin plugin;
    struct publications publications;
    bool create;
    bool retry_initial;
    enum endpos_kind endpos_kind;
    lsn_t endpos;
    struct selection selection;

    const char *stream; // A name or an ARN.
    const char *endpoint_url;
    const char *region;
    const char *profile;
    bool insecure_endpoint;
    enum wire_choice wire;
    enum order order;

    bool to_stdout;
    bool dry_run; // To standard output, from a slot that is left where it is.

    bool aggregate;
    size_t lanes;      // Of aggregates, a power of two; 0: not said.
    int64_t linger_ms; // How long what could be sent waits for company.

    enum oversize oversize;
    enum refused refused;
    const char *dead_letter; // A file's name.

    struct fields fields;
    bool messages; // Logical decoding messages become records, too.
    size_t memory_bytes_max;
    enum log_level log_level;
};

#endif
