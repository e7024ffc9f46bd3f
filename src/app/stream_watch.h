// stream_watch - what the stream is, asked again every minute, beside the batches.
//
// Somebody may raise or lower the largest record that it takes, or have the service place records
// as it likes, which takes effect at once
// (https://docs.aws.amazon.com/streams/latest/dev/service-managed-pk-producing-behavior.html).
// While that keeps no order and order is wanted, nothing is sent: the operator may switch it back,
// and the slot holds what comes meanwhile. Whoever restarts the program then is told why it ends.
//
// An answer that does not come, or makes no sense, changes nothing: batches have their own answers.
#ifndef PGK_APP_STREAM_WATCH_H
#define PGK_APP_STREAM_WATCH_H

#include "base/err.h"
#include "base/once.h"
#include "kinesis/describe_stream.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct kinesis_sink;
struct pump;

struct stream_watch {
    struct kinesis_sink *kinesis; // NULL: there is nothing to watch.
    const struct config *config;  // Says what order is wanted.
    struct stream_facts facts;    // As told last.
    int64_t ask_at_ms;            // 0: not decided yet.
    struct once warning;
    bool asking;
};

// Whether a stream of that kind keeps the order that is wanted; err says why not.
MUST_CHECK bool stream_keeps_order(
    const struct stream_facts *facts, const struct config *config, struct err *err);

// Asks when it is time, and has the pump act on the answer.
void stream_watch_turn(struct stream_watch *watch, struct pump *pump, int64_t now_ms);

// When a turn is due; CLOCK_NEVER_MS when the answer is awaited, which wakes by itself.
int64_t stream_watch_wake_at_ms(const struct stream_watch *watch);

#endif
