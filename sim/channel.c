#include "sim/channel.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool tls_failure(struct err *err, const char *path)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    return err_set(err, ERR_OPERATOR, "cannot use %s for TLS: %s", path, reason);
}

bool tls_open(struct tls *tls, const char *certificate_path, const char *key_path, struct err *err)
{
    tls->context = SSL_CTX_new(TLS_server_method());
    if (!tls->context)
        return tls_failure(err, "OpenSSL");
    // A buffer may grow, and so move, between an attempt to write and the next.
    SSL_CTX_set_mode(
        tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    bool ok = true;
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate_path) != 1)
        ok = tls_failure(err, certificate_path);
    else if (SSL_CTX_use_PrivateKey_file(tls->context, key_path, SSL_FILETYPE_PEM) != 1)
        ok = tls_failure(err, key_path);
    if (!ok)
        tls_close(tls);
    return ok;
}

void tls_close(struct tls *tls)
{
    SSL_CTX_free(tls->context);
    tls->context = NULL;
}

void channel_init(struct channel *channel, int fd, const struct tls *tls)
{
    *channel = (struct channel){.fd = fd};
    if (!tls)
        return;
    channel->session = SSL_new(tls->context);
    if (!channel->session || SSL_set_fd(channel->session, fd) != 1)
        abort(); // Out of memory, as in base/alloc.h.
    SSL_set_accept_state(channel->session);
}

void channel_release(struct channel *channel)
{
    SSL_free(channel->session);
    close(channel->fd);
}

void channel_say_end(struct channel *channel)
{
    if (channel->session)
        SSL_shutdown(channel->session);
}

void channel_plan_reset(struct channel *channel)
{
    // To close a socket that lingers for no time is to reset its connection.
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(channel->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

short channel_wanted(const struct channel *channel, short otherwise)
{
    return channel->wanted ? channel->wanted : otherwise;
}

static ssize_t plain_result(ssize_t len)
{
    if (len > 0)
        return len;
    return len < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

// Both directions shake hands and may need the other one for it.
static ssize_t tls_result(struct channel *channel, int len)
{
    channel->wanted = 0;
    switch (SSL_get_error(channel->session, len)) {
    case SSL_ERROR_NONE:
        return len;
    case SSL_ERROR_WANT_READ:
        channel->wanted = POLLIN;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        channel->wanted = POLLOUT;
        return 0;
    default:
        return -1;
    }
}

static int bounded(size_t len)
{
    return len < INT_MAX ? (int)len : INT_MAX;
}

ssize_t channel_receive(struct channel *channel, char *room, size_t len)
{
    if (!channel->session)
        return plain_result(recv(channel->fd, room, len, 0));
    ERR_clear_error();
    return tls_result(channel, SSL_read(channel->session, room, bounded(len)));
}

ssize_t channel_send(struct channel *channel, struct str bytes)
{
    if (!channel->session)
        return plain_result(send(channel->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL));
    ERR_clear_error();
    return tls_result(channel, SSL_write(channel->session, bytes.ptr, bounded(bytes.len)));
}

bool channel_holds_more(const struct channel *channel)
{
    return channel->session && SSL_pending(channel->session) > 0;
}
