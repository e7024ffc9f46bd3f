// channel - a peer's bytes, in the clear or by TLS.
//
// What cannot be done now without blocking is done later: channel_wanted() says what to poll for.
//
// Memory: a channel owns its descriptor. What tls_open() made is to outlive its channels.
#ifndef SIM_CHANNEL_H
#define SIM_CHANNEL_H

#include "base/err.h"

#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

// A server's certificate and its key, of which nothing is checked: clients are here to do that.
struct tls {
    struct ssl_ctx_st *context;
};

// From files in PEM; the certificate's may go on with those that lead to its authority.
MUST_CHECK bool tls_open(
    struct tls *tls, const char *certificate_path, const char *key_path, struct err *err);
void tls_close(struct tls *tls);

struct channel {
    int fd;
    struct ssl_st *session; // NULL: in the clear.
    short wanted;           // What TLS waits for, whatever was to be done; 0: nothing.
};

// A server's end; takes the descriptor. Without tls it is in the clear.
void channel_init(struct channel *channel, int fd, const struct tls *tls);
void channel_release(struct channel *channel);

// Tells the peer that nothing more will come, where there is a way to.
void channel_say_end(struct channel *channel);
// The descriptor's end will be a reset.
void channel_plan_reset(struct channel *channel);

// What to poll for in order to do what otherwise waits for these events.
short channel_wanted(const struct channel *channel, short otherwise);

// How many bytes were read or written; 0 when none can be now, -1 when there will be no more.
ssize_t channel_receive(struct channel *channel, char *room, size_t len);
ssize_t channel_send(struct channel *channel, struct str bytes);

// Whether bytes are here that no poll() tells of.
bool channel_holds_more(const struct channel *channel);

#endif
