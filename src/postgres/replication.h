// replication - a running replication stream as a source of events.
//
// It reads the stream's messages, has the plugin's decoder make events of them, and answers for our
// side of the protocol: the status that keeps the connection alive and confirms what is stored. A
// relation that is new waits for the catalog's word on its key and plan before its first change is
// given; what is not wanted is given all the same, for our caller to skip. Nothing blocks but
// leave(), which is bounded in time.
#ifndef PGK_POSTGRES_REPLICATION_H
#define PGK_POSTGRES_REPLICATION_H

#include "model/lsn.h"
#include "model/plugin.h"

#include <stdbool.h>

struct decoder;
struct selection;
struct session;
struct source;

// What the operator wants of a stream. Strings are borrowed for as long as it runs.
struct replication_options {
    const char *source;
    const char *slot;
    const struct selection *selection;
    enum plugin plugin; // Of the slot; AUTO: whichever it has, or fits the publications.
    const struct publications *publications;
    bool messages;      // pgoutput is to tell logical decoding messages; the other always does.
    bool create;        // Make the slot when there is none.
    bool temporary;     // Make it, for this connection only, when there is none.
    bool never_confirm; // Only look: leave the slot where it is.
    bool ask_often;     // The caller waits for a position: ask the server for its own, often.
};

// Streaming was begun on session->replication, at `from`. Takes the session's connections and the
// decoder, which is one for the slot's plugin.
struct source *replication_new(const struct replication_options *options,
    const struct session *session, struct decoder *decoder, lsn_t from);

#endif
