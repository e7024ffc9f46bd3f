#include "arrivals.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "world.h"

#include <stdlib.h>

static struct arrival *arrivals;
static size_t arrival_count;
static size_t arrival_capacity;

void arrivals_begin(void)
{
    arrivals = NULL;
    arrival_count = 0;
    arrival_capacity = 0;
}

void arrivals_release(void)
{
    for (size_t i = 0; i < arrival_count; i++)
        free(arrivals[i].sent);
    free(arrivals);
}

void arrivals_add(struct arrival arrival)
{
    if (arrival_count == arrival_capacity) {
        arrival_capacity = 2 * arrival_capacity + 64;
        arrivals = alloc_resize(arrivals, arrival_capacity * sizeof *arrivals);
    }
    arrivals[arrival_count++] = arrival;
}

void arrivals_leave(uint64_t request)
{
    for (size_t i = 0; i < arrival_count; i++)
        if (arrivals[i].request == request)
            arrivals[i].storing = STORING_LATE;
}

void arrivals_drop(uint64_t request)
{
    for (size_t i = 0; i < arrival_count; i++)
        if (arrivals[i].request == request)
            arrivals[i].count = 0;
}

static void arrive(const struct arrival *arrival)
{
    for (size_t i = 0; i < arrival->count; i++)
        oracle_store(arrival->sent[i], arrival->storing);
}

// In any order but for sinks that keep it: from the end of the list, as nobody would expect.
void arrivals_act(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < arrival_count; i++) {
        size_t at = world.scenario.in_order ? i : arrival_count - 1 - i;
        if (arrivals[at].at_ms <= world.now_ms)
            arrive(&arrivals[at]);
    }
    for (size_t i = 0; i < arrival_count; i++) {
        if (arrivals[i].at_ms <= world.now_ms)
            free(arrivals[i].sent);
        else
            arrivals[kept++] = arrivals[i];
    }
    arrival_count = kept;
}

int64_t arrivals_next_ms(void)
{
    int64_t at_ms = CLOCK_NEVER_MS;
    for (size_t i = 0; i < arrival_count; i++)
        at_ms = world_earlier(at_ms, arrivals[i].at_ms);
    return at_ms;
}
