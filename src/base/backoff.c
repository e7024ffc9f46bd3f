#include "base/backoff.h"

#include "base/random.h"

#include <assert.h>

int64_t backoff_wait_ms(struct backoff backoff, unsigned attempt, struct random *random)
{
    assert(attempt > 0 && backoff.first_ms > 0);
    int64_t ceiling_ms = backoff.first_ms;
    for (unsigned i = 1; i < attempt && ceiling_ms < backoff.most_ms; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > backoff.most_ms)
        ceiling_ms = backoff.most_ms;
    return 1 + (int64_t)random_below(random, (uint64_t)ceiling_ms);
}
