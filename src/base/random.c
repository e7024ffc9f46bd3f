#include "base/random.h"

#include <assert.h>

struct random random_from(uint64_t seed)
{
    return (struct random){.state = seed};
}

// SplitMix64 (Steele, Lea, Flood 2014): one addition and a mix a number, good from any seed.
static uint64_t next(struct random *random)
{
    uint64_t mixed = random->state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

uint64_t random_below(struct random *random, uint64_t below)
{
    assert(below > 0);
    return next(random) % below;
}
