#include "app/sleeper.h"

#include "app/signals.h"
#include "base/clock.h"
#include "model/sink.h"

#include <assert.h>
#include <string.h>

static bool sleep_until(
    struct waiter *waiter, struct wait_fd *fds, size_t count, int64_t deadline_ms)
{
    struct sleeper *sleeper = (struct sleeper *)waiter;
    if (signals_ask_to_leave() && !sleeper->to_the_end)
        return false;
    assert(count < WAIT_FDS_MAX);
    struct wait_fd all[WAIT_FDS_MAX] = {
        {.fd = sleeper->to_the_end ? -1 : signals_fd(), .read = true}};
    if (count > 0)
        memcpy(all + 1, fds, count * sizeof *fds);
    int timeout_ms = clock_timeout_ms(clock_now_ms(), deadline_ms);
    if (sleeper->sink)
        sleeper->sink->wait(sleeper->sink, all, count + 1, timeout_ms);
    else
        wait_poll(all, count + 1, timeout_ms);
    if (count > 0)
        memcpy(fds, all + 1, count * sizeof *fds);
    return sleeper->to_the_end || !signals_ask_to_leave();
}

struct sleeper sleeper_of(struct sink *sink)
{
    return (struct sleeper){.base = {.sleep_until = sleep_until}, .sink = sink};
}

struct sleeper sleeper_to_the_end(void)
{
    struct sleeper sleeper = sleeper_of(NULL);
    sleeper.to_the_end = true;
    return sleeper;
}
