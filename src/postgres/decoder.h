// decoder - from what the slot's plugin writes to events, whichever plugin it is.
//
// Every plugin's own decoder says what it promises (test_decoding.h, pgoutput.h). This one chooses,
// and makes UTF-8 of what the server left in the database's encoding.
#ifndef PGK_POSTGRES_DECODER_H
#define PGK_POSTGRES_DECODER_H

#include "base/err.h"
#include "model/plugin.h"
#include "postgres/quote.h"
#include "postgres/wal_data.h"

#include <stddef.h>

struct decoder;
struct event;
struct relation;

// Takes the server's keywords. `server_encoding` is its name for the database's encoding.
struct decoder *decoder_new(
    enum plugin plugin, struct keywords keywords, const char *server_encoding);
void decoder_free(struct decoder *decoder);

// Reads what came in one message; EVENT_NONE when it only prepares for others.
MUST_CHECK bool decoder_read(
    struct decoder *decoder, struct wal_data data, struct event *event, struct err *err);

// The relations that the last event names, for their owner to complete. Borrowed until the next
// call.
struct relation *const *decoder_relations(const struct decoder *decoder, size_t *count);

#endif
