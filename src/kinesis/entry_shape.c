#include "kinesis/entry_shape.h"

#include "model/placement.h"

#include <assert.h>

void entry_shape_init(struct entry_shape *shape)
{
    shape->len = 0;
    shape->kept_len = 0;
}

void entry_shape_keep(struct entry_shape *shape, struct str rest)
{
    shape->kept_len = rest.len < ENTRY_SHAPE_BYTES_MAX ? rest.len : ENTRY_SHAPE_BYTES_MAX;
    memcpy(shape->kept, rest.ptr, shape->kept_len);
}

// Known only where nothing but digits is behind the prefix of a shard's id: neither text has a
// character then that would end it or begin an escape.
static struct placement placement_of(struct str sequence_number, struct str shard_id)
{
    return (struct placement){
        .shard = shard_parse(shard_id),
        .sequence_number = sequence_number_parse(sequence_number),
    };
}

static bool is_known(const struct placement *placement)
{
    return placement->shard != SHARD_UNKNOWN &&
           sequence_number_is_known(&placement->sequence_number);
}

static struct entry_span span_of(struct str text, struct str entry)
{
    assert(text.ptr >= entry.ptr && text.ptr + text.len <= entry.ptr + entry.len);
    return (struct entry_span){.at = (size_t)(text.ptr - entry.ptr), .len = text.len};
}

static struct str text_at(const char *entry, struct entry_span span)
{
    return (struct str){.ptr = entry + span.at, .len = span.len};
}

// The last block may overlap the one before it: none reaches beyond the entry.
static void cover(struct entry_shape *shape, struct str entry, const char *fixed)
{
    shape->blocks_count = 0;
    size_t at = 0;
    while (at < entry.len) {
        if (!fixed[at]) {
            at++;
            continue;
        }
        const size_t begin = at + SIXTEEN <= entry.len ? at : entry.len - SIXTEEN;
        shape->blocks[shape->blocks_count++] = (struct entry_block){
            .at = begin,
            .bytes = sixteen_bytes_of(entry.ptr + begin),
            .fixed = sixteen_bytes_of(fixed + begin),
        };
        at = begin + SIXTEEN;
    }
}

void entry_shape_learn(struct entry_shape *shape, const struct stored_entry *entry)
{
    const struct str kept = {.ptr = shape->kept, .len = shape->kept_len};
    const struct placement placement = placement_of(entry->sequence_number, entry->shard_id);
    if (!str_starts_with(kept, entry->bytes) || !is_known(&placement) || entry->bytes.len < SIXTEEN)
        return;
    shape->len = entry->bytes.len;
    shape->sequence_number = span_of(entry->sequence_number, entry->bytes);
    shape->shard_id = span_of(entry->shard_id, entry->bytes);

    char fixed[ENTRY_SHAPE_BYTES_MAX];
    memset(fixed, 0xff, entry->bytes.len);
    memset(fixed + shape->sequence_number.at, 0, shape->sequence_number.len);
    memset(fixed + shape->shard_id.at, 0, shape->shard_id.len);
    cover(shape, entry->bytes, fixed);
}

static bool looks_alike(const struct entry_shape *shape, const char *entry)
{
    sixteen_bytes differences = {0};
    for (size_t i = 0; i < shape->blocks_count; i++) {
        const struct entry_block *block = &shape->blocks[i];
        differences |= (sixteen_bytes_of(entry + block->at) ^ block->bytes) & block->fixed;
    }
    return !sixteen_any(differences);
}

size_t entry_shape_fit(
    const struct entry_shape *shape, struct str rest, struct placement *placement)
{
    if (shape->len == 0 || rest.len < shape->len || !looks_alike(shape, rest.ptr))
        return 0;
    *placement =
        placement_of(text_at(rest.ptr, shape->sequence_number), text_at(rest.ptr, shape->shard_id));
    return is_known(placement) ? shape->len : 0;
}
