#include "sim/reshard.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

static struct shard *open_at(const struct stream *stream, uint32_t place)
{
    assert(place < stream->open_count);
    return &stream->shards[stream->open[place]];
}

static hash_key_t width(const struct shard *shard)
{
    return shard->last_key - shard->first_key;
}

static struct shard_plan child_of(struct shard *parent, int64_t now_ms)
{
    parent->closed_ms = now_ms;
    return (struct shard_plan){
        .first_key = parent->first_key,
        .last_key = parent->last_key,
        .parents = {parent->number},
        .parents_count = 1,
        .epoch_s = parent->epoch_s + 1,
    };
}

static uint32_t *make_room(struct stream *stream, uint32_t place)
{
    if (stream->open_count == stream->open_capacity) {
        stream->open_capacity *= 2;
        stream->open = alloc_resize(stream->open, stream->open_capacity * sizeof *stream->open);
    }
    memmove(stream->open + place + 1, stream->open + place,
        (stream->open_count - place) * sizeof *stream->open);
    stream->open_count++;
    return &stream->open[place];
}

void reshard_split(struct streams *streams, struct stream *stream, uint32_t place,
    hash_key_t second_first_key, int64_t now_ms)
{
    struct shard *parent = open_at(stream, place);
    assert(parent->first_key < second_first_key && second_first_key <= parent->last_key);
    struct shard_plan lower = child_of(parent, now_ms);
    struct shard_plan upper = lower;
    lower.last_key = second_first_key - 1;
    upper.first_key = second_first_key;
    stream->open[place] = stream_add_shard(streams, stream, &lower, now_ms)->number;
    *make_room(stream, place + 1) = stream_add_shard(streams, stream, &upper, now_ms)->number;
}

void reshard_merge(struct streams *streams, struct stream *stream, uint32_t place, int64_t now_ms)
{
    struct shard *second = open_at(stream, place + 1);
    struct shard_plan plan = child_of(open_at(stream, place), now_ms);
    const struct shard_plan other = child_of(second, now_ms);
    plan.last_key = other.last_key;
    plan.parents[plan.parents_count++] = other.parents[0];
    plan.epoch_s = plan.epoch_s > other.epoch_s ? plan.epoch_s : other.epoch_s;
    stream->open[place] = stream_add_shard(streams, stream, &plan, now_ms)->number;
    stream->open_count--;
    memmove(stream->open + place + 1, stream->open + place + 2,
        (stream->open_count - place - 1) * sizeof *stream->open);
}

static uint32_t widest(const struct stream *stream)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < stream->open_count; i++)
        if (width(open_at(stream, i)) > width(open_at(stream, found)))
            found = i;
    return found;
}

// The first of the two neighbours that are narrowest together.
static uint32_t narrowest_pair(const struct stream *stream)
{
    uint32_t found = 0;
    hash_key_t least = HASH_KEY_MAX;
    for (uint32_t i = 0; i + 1 < stream->open_count; i++) {
        hash_key_t both = open_at(stream, i + 1)->last_key - open_at(stream, i)->first_key;
        if (both < least) {
            least = both;
            found = i;
        }
    }
    return found;
}

void reshard_to_count(
    struct streams *streams, struct stream *stream, uint32_t count, int64_t now_ms)
{
    assert(count > 0);
    while (stream->open_count < count) {
        const uint32_t place = widest(stream);
        const struct shard *shard = open_at(stream, place);
        reshard_split(streams, stream, place, shard->first_key + width(shard) / 2 + 1, now_ms);
    }
    while (stream->open_count > count)
        reshard_merge(streams, stream, narrowest_pair(stream), now_ms);
}
