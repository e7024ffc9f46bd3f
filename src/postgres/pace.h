// pace - how eagerly to read the stream.
//
// The walsender sends each row by itself, and every sending that finds its reader asleep pays for
// waking it: a reader that is always ready halves the server's speed. So while much comes, an
// emptied socket is left alone for a moment, in which the server runs on; while little comes, it is
// listened to, and a lone commit is seen at once.
//
// Where the kernel holds only so much for us (postgres/receive_window.h), a flood is left alone
// until that is full: from then on the server's kernel gathers rows and sends them in large pieces,
// at less than half of what one by one they cost the walsender. What was gathered comes in several
// pieces, so an emptied socket is looked at again at once, until little was found.
//
// Large rows gain nothing: a sending of theirs costs little beside what it carries, and a window
// holds few of them, so these are read as they come.
//
// Pure: no socket, no clock. It works alike over TCP, TLS and Unix sockets, where SO_RCVLOWAT does
// not (poll() disregards it on the latter, and TLS hides bytes from it).
#ifndef PGK_POSTGRES_PACE_H
#define PGK_POSTGRES_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
    bool window_is_held;
    int64_t measured_from_ms;
    size_t measured_bytes;
    size_t measured_messages;
    size_t found_bytes; // Since the socket was found empty.
    int64_t rest_ms;    // What was last measured calls for; 0: little comes.
    int64_t rest_until_ms;
    bool looks_again;
};

// `window_is_held`: as receive_window_hold() said.
void pace_init(struct pace *pace, bool window_is_held, int64_t now_ms);

// A message of so many bytes was read.
void pace_note_message(struct pace *pace, size_t bytes);

// The socket was found empty.
void pace_note_empty(struct pace *pace, int64_t now_ms);

// True while the socket is to be left alone, until pace_rest_until_ms().
bool pace_rests(const struct pace *pace, int64_t now_ms);
int64_t pace_rest_until_ms(const struct pace *pace);

// True when the emptied socket is to be looked at again before anybody sleeps.
bool pace_looks_again(const struct pace *pace);

// True while much comes.
bool pace_flows(const struct pace *pace);

#endif
