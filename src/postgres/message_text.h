// message_text - the texts of one message, as UTF-8.
//
// pgoutput would have the server convert, and the server refuses what is no character in UTF-8,
// for ever: the stream would stand still. So it sends each text as the database holds it, and what
// that comes to is kept here until the next message.
#ifndef PGK_POSTGRES_MESSAGE_TEXT_H
#define PGK_POSTGRES_MESSAGE_TEXT_H

#include "base/buf.h"
#include "base/str.h"

struct encoding;

struct message_text {
    struct encoding *encoding; // Borrowed; NULL: everything is UTF-8, or nobody knows.
    struct buf converted;
};

void message_text_init(struct message_text *texts, struct encoding *encoding);
void message_text_release(struct message_text *texts);

// A message of so many bytes comes: what was converted of the last one is forgotten.
void message_text_begin(struct message_text *texts, size_t message_bytes);

// A part of the message. Borrowed, as the message is or until the next begin(). No part may be
// asked for twice.
struct str message_text_of(struct message_text *texts, struct str part);

#endif
