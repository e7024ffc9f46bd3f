// lifecycle - a run of the program, from connecting to leaving.
//
//            +-----------------------------------------------+
//            v                                               |
//        CONNECT ----> STREAM ----> SETTLE ----> BACKOFF ----+
//            |            |            |            |
//            |            v            v            v
//            +--------> DRAIN ------> EXIT <--------+
//
// STREAM turns the pump. A lost connection is settled: requests in flight are waited for, the rest
// is thrown away, since the server will send it again. DRAIN is for an end that was asked for: what
// was taken is delivered and confirmed.
#ifndef PGK_APP_LIFECYCLE_H
#define PGK_APP_LIFECYCLE_H

struct config;

// Runs until the end; returns the exit status.
int lifecycle_run(const struct config *config);

#endif
