// rate - how fast one shard takes records, learned from what it throttles.
//
// A shard takes 1000 records and 1 MiB a second
// (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html), of which other
// producers may have their share. A rate begins with a shard's first throttle and looks on at
// first: it holds back, at that limit, once a fifth of a hundred answers, or of a second's, are
// throttles. A shard that never throttles has none and is never held back; nor is one that
// throttles a few in a hundred.
//
// From then on answers decide, a round at a time: answers to what was sent since the last change,
// for a quarter of a second at least. Where more than a few in a hundred were throttled the rate
// falls to what was taken, by three tenths a round at most. Otherwise it grows: fast up to what the
// shard is known to take, a little beyond that, until it throttles again. So it stays near the true
// rate, and next to nothing is sent in vain. Throttles that come whatever the rate would make it
// fall for ever: where three falls have not helped they are taken back, and as many are borne.
//
// Pure: the clock is passed in, and nothing is allocated.
#ifndef PGK_DELIVERY_RATE_H
#define PGK_DELIVERY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
    double share;  // Of the documented limit, 1 being all of it.
    double taken;  // The share that the shard is known to take,
    double before; // and what was known one round earlier.
    double noise;  // The part of the answers that are throttles whatever the rate.
    double share_before_falls;
    double records; // Tokens: what may be sent now. Below zero after a record larger than them.
    double bytes;
    int64_t filled_ms;
    int64_t changed_ms;   // Answers to what was sent before it say nothing of the rate now.
    int64_t throttled_ms; // The last time.
    int64_t round_ms;     // When the first of the answers that are counted came.
    uint32_t stored;
    uint32_t throttled;
    unsigned falls; // In a row.
    bool closed;    // It took nothing at all in the last round.
    bool limits;    // It holds back; else it looks on.
};

// The shard throttled for the first time.
void rate_begin(struct rate *rate, int64_t now_ms);

// True when there are tokens for a record. Time passes here.
bool rate_allows(struct rate *rate, int64_t now_ms);

// A record of so many bytes is sent, tokens or not.
void rate_spend(struct rate *rate, size_t bytes);

// What became of a record that was sent at that time.
void rate_stored(struct rate *rate, int64_t sent_ms, int64_t now_ms);
void rate_throttled(struct rate *rate, int64_t sent_ms, int64_t now_ms);

// When rate_allows() becomes true, if nothing is spent meanwhile.
int64_t rate_allows_at_ms(const struct rate *rate);

// True when the shard has not throttled for so long that it need not be held back.
bool rate_is_over(const struct rate *rate, int64_t now_ms);

#endif
