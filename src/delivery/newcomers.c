#include "delivery/newcomers.h"

#include "delivery/lane.h"
#include "model/record.h"

#include <assert.h>

void newcomers_init(struct newcomers *newcomers, unsigned lane_bits, unsigned spread_bits)
{
    assert(spread_bits <= lane_bits);
    *newcomers = (struct newcomers){.lane_bits = lane_bits, .spread_bits = spread_bits};
}

void newcomers_clear(struct newcomers *newcomers)
{
    while (newcomers->count > 0)
        record_free(newcomers->records[--newcomers->count]);
}

void newcomers_add(struct newcomers *newcomers, struct lanes *lanes, struct record *record)
{
    assert(newcomers->count < NEWCOMERS_MAX);
    newcomers->records[newcomers->count++] = record;
    if (newcomers->count == NEWCOMERS_MAX)
        newcomers_place(newcomers, lanes);
}

// The top bits of the hash by which Kinesis places the record, so that a lane is a contiguous part
// of the hash range.
static uint32_t lane_of(const struct md5 *md5, unsigned bits)
{
    uint32_t top = (uint32_t)md5->bytes[0] << 8 | md5->bytes[1];
    return top >> (16 - bits);
}

static void find_lanes(const struct newcomers *newcomers)
{
    struct str keys[NEWCOMERS_MAX];
    struct md5 md5s[NEWCOMERS_MAX];
    for (size_t i = 0; i < newcomers->count; i++)
        keys[i] = record_key(newcomers->records[i]);
    md5_of_each(keys, newcomers->count, md5s);
    for (size_t i = 0; i < newcomers->count; i++)
        newcomers->records[i]->lane = lane_of(&md5s[i], newcomers->lane_bits);
}

// The high bits stay, so that the lane still lies inside one shard.
static void deal_lanes(struct newcomers *newcomers)
{
    const uint32_t mask = ((uint32_t)1 << newcomers->spread_bits) - 1;
    for (size_t i = 0; i < newcomers->count; i++) {
        uint32_t *lane = &newcomers->records[i]->lane;
        *lane = (*lane & ~mask) | (newcomers->dealt++ & mask);
    }
}

void newcomers_place(struct newcomers *newcomers, struct lanes *lanes)
{
    if (newcomers->count == 0)
        return;
    if (newcomers->lane_bits > 0) // Otherwise it is lane 0.
        find_lanes(newcomers);
    if (newcomers->spread_bits > 0)
        deal_lanes(newcomers);
    for (size_t i = 0; i < newcomers->count; i++)
        lanes_fetch(lanes, newcomers->records[i]->lane);
    for (size_t i = 0; i < newcomers->count; i++)
        lanes_push(lanes, newcomers->records[i]);
    newcomers->count = 0;
}
