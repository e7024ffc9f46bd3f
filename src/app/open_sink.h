// open_sink - the sink that the operator asked for, found to be there and ready to take records.
#ifndef PGK_APP_OPEN_SINK_H
#define PGK_APP_OPEN_SINK_H

#include "app/sleeper.h"
#include "app/stream_watch.h"
#include "base/err.h"
#include "delivery/delivery.h"

#include <stddef.h>

struct config;
struct sink;

struct open_sink {
    struct sink *sink; // The caller's to free.
    struct sleeper waiter;
    struct sleeper last_waiter;       // For the time after a signal.
    struct delivery_options delivery; // How this sink wants to be given records.
    size_t record_bytes_max;          // Of data and partition key.
    struct stream_watch watch;        // Of the stream, while the program runs.
    char name[300];                   // For the log.
};

MUST_CHECK bool open_sink(struct open_sink *opened, const struct config *config, struct err *err);

#endif
