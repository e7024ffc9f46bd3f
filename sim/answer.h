// answer - what the service says, written in the form that it was asked in.
//
// In JSON times are seconds with a fraction and blobs Base64; in CBOR times are milliseconds under
// a tag and blobs bytes, and as from AWS maps and arrays state no length: that is how a client
// learns to read them.
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "base/document.h"

struct buf;

struct answer {
    enum document_form form;
    struct buf *body; // Borrowed.
    size_t text_at;   // Where the text that was begun has its head.
    bool is_first;    // Nothing comes before the next name or value: in JSON no comma either.
};

struct answer answer_in(enum document_form form, struct buf *body);

void answer_open_map(struct answer *answer);
void answer_close_map(struct answer *answer);
void answer_open_array(struct answer *answer);
void answer_close_array(struct answer *answer);

// Of a member, whose value is written next.
void answer_name(struct answer *answer, struct str name);

void answer_text(struct answer *answer, struct str text);
void answer_number(struct answer *answer, uint64_t number);
void answer_bool(struct answer *answer, bool truth);
void answer_blob(struct answer *answer, struct str bytes);
void answer_time(struct answer *answer, int64_t time_ms);

// A text of several pieces, of at most 65535 bytes that no form has to escape: whoever asked
// writes them.
struct buf *answer_begin_text(struct answer *answer);
void answer_end_text(struct answer *answer);

#endif
