// replies - what became of the reply to each request, for whoever judges a client by the log.
//
// A record that came twice is excused when the reply to its first arrival was not delivered: its
// sender could not know. Requests are numbered from 1 in the order in which they were answered.
//
// Memory: one byte a request, for ever.
#ifndef SIM_REPLIES_H
#define SIM_REPLIES_H

#include "base/str.h"

enum reply_fate {
    REPLY_PENDING,   // Not all of it is sent yet.
    REPLY_DELIVERED, // The network took every byte of it, and the peer was there to read.
    REPLY_DROPPED,   // By a fault: nothing was sent, nor will be.
    REPLY_SPOILED,   // By a fault: what was sent was not the reply, or not all of it.
    REPLY_BROKEN     // The peer left, or closed its side, before it was sent.
};

struct replies {
    uint8_t *fates;
    uint64_t count;
    uint64_t capacity;
};

void replies_init(struct replies *replies);
void replies_release(struct replies *replies);

// The number of a new request, whose reply is pending.
uint64_t replies_begin(struct replies *replies);

// A reply has one fate.
void replies_settle(struct replies *replies, uint64_t request, enum reply_fate fate);

// "delivered"
struct str replies_fate_name(const struct replies *replies, uint64_t request);

#endif
