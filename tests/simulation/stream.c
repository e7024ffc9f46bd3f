#include "stream.h"

#include "base/random.h"
#include "model/placement.h"
#include "world.h"

#include <assert.h>

enum {
    SHARDS_MAX = 16,
    IDS_MAX = 4096, // Of all shards that there ever were; more share what is noted.
    LONG_AGO_MS = -1000000
};

static struct random dice;
static struct shard shards[SHARDS_MAX]; // The open ones, in the order of their hash keys.
static size_t shard_count;
static uint32_t next_id;
static uint64_t last_number;
static int64_t throttled_ms[IDS_MAX];

static uint64_t roll(uint64_t below)
{
    return random_below(&dice, below);
}

static struct shard new_shard(uint64_t first, uint64_t last)
{
    uint32_t id = next_id;
    next_id += world.scenario.shard_id_step;
    return (struct shard){
        .id = id,
        .first = first,
        .last = last,
        .is_busy = roll(2) == 0,
        .filled_ms = world.now_ms,
    };
}

static void create(size_t count)
{
    assert(count <= SHARDS_MAX);
    shard_count = count;
    next_id = 0;
    last_number = 0;
    uint64_t part = UINT64_MAX / count;
    for (size_t i = 0; i < count; i++)
        shards[i] = new_shard(i * part, i + 1 < count ? (i + 1) * part - 1 : UINT64_MAX);
}

void stream_begin(void)
{
    dice = world_random(5);
    for (size_t i = 0; i < IDS_MAX; i++)
        throttled_ms[i] = LONG_AGO_MS;
    create(world.scenario.shards);
    shards[0].closed_until_ms = world.now_ms + world.scenario.closed_for_ms;
}

struct shard *stream_shard(uint64_t hash)
{
    size_t i = 0;
    while (hash > shards[i].last)
        i++;
    return &shards[i];
}

bool stream_takes(struct shard *shard)
{
    double a_second = world.scenario.shard_records_a_second;
    if (world.is_calm)
        return true;
    if (world.now_ms < shard->closed_until_ms)
        return false;
    if (a_second == 0 || !shard->is_busy)
        return true;
    double tokens = shard->tokens + (double)(world.now_ms - shard->filled_ms) * a_second / 1000;
    shard->tokens = tokens < a_second ? tokens : a_second;
    shard->filled_ms = world.now_ms;
    if (shard->tokens < 1)
        return false;
    shard->tokens--;
    return true;
}

static int64_t *throttled(uint32_t id)
{
    return &throttled_ms[id / world.scenario.shard_id_step % IDS_MAX];
}

void stream_note_throttled(uint32_t id, int64_t at_ms)
{
    if (at_ms > *throttled(id))
        *throttled(id) = at_ms;
}

int64_t stream_throttled_ms(uint32_t id)
{
    return id == SHARD_UNKNOWN ? LONG_AGO_MS : *throttled(id);
}

uint64_t stream_number(void)
{
    last_number += 1 + NUMBERS_BETWEEN;
    return last_number;
}

// Half and half, as a rule; a lane may lie on either side of any other border.
static void split(size_t at)
{
    struct shard parent = shards[at];
    uint64_t width = parent.last - parent.first;
    if (shard_count == SHARDS_MAX || width < 2)
        return;
    uint64_t border = parent.first + (roll(2) == 0 ? width / 2 : roll(width)) + 1;
    for (size_t i = shard_count++; i > at + 1; i--)
        shards[i] = shards[i - 1];
    shards[at] = new_shard(parent.first, border - 1);
    shards[at + 1] = new_shard(border, parent.last);
    world_trace("shard %u is split into %u and %u", parent.id, shards[at].id, shards[at + 1].id);
}

static void merge(size_t at)
{
    if (at + 1 == shard_count)
        return;
    struct shard parent = shards[at];
    struct shard adjacent = shards[at + 1];
    shards[at] = new_shard(parent.first, adjacent.last);
    shard_count--;
    for (size_t i = at + 1; i < shard_count; i++)
        shards[i] = shards[i + 1];
    world_trace("shards %u and %u are merged into %u", parent.id, adjacent.id, shards[at].id);
}

void stream_reshard(void)
{
    size_t at = (size_t)roll(shard_count);
    if (roll(2) == 0)
        split(at);
    else
        merge(at);
}

void stream_renew(void)
{
    create(1 + (size_t)roll(SHARDS_MAX));
    world_trace("the stream is made anew, with %zu shards", shard_count);
}

void stream_close_a_shard(int64_t duration_ms)
{
    struct shard *shard = &shards[roll(shard_count)];
    shard->closed_until_ms = world.now_ms + duration_ms;
    world_trace("shard %u takes nothing for %lld ms", shard->id, (long long)duration_ms);
}
