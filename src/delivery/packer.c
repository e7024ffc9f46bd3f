#include "delivery/packer.h"

#include "base/alloc.h"
#include "delivery/entry.h"
#include "delivery/gate.h"
#include "delivery/lane.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>
#include <stdint.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t records_left(const struct batch *batch)
{
    return batch ? batch->records_max - batch->record_count : SIZE_MAX;
}

// What the batch, which may be still to come, would take of the lane that begins with this record.
static struct entry next_entry(
    const struct batch *batch, size_t bytes_max, const struct record *first)
{
    return entry_from(first, (struct entry_limits){
                                 .bytes_max = bytes_max,
                                 .records_max = records_left(batch),
                             });
}

// A record that is larger than the goal goes alone, so the service's own limit is never near.
static bool fits(const struct batch *batch, const struct entry *entry)
{
    size_t records_max = least(batch->records_max, entry->records_max);
    return batch->count < BATCH_RECORDS_MAX &&
           batch->record_count + entry->records <= records_max &&
           batch->request_bytes + entry->bytes <= BATCH_BYTES_GOAL;
}

static void add(struct batch *batch, const struct entry *entry, struct record *first)
{
    first->attempts++;
    batch->records_max = least(batch->records_max, entry->records_max);
    batch->outcomes[batch->count] = OUTCOME_UNKNOWN;
    batch->placements[batch->count] = placement_unknown();
    batch->records[batch->count++] = first;
    batch->record_count += entry->records;
    batch->request_bytes += entry->bytes;
    assert(batch->count <= BATCH_RECORDS_MAX && batch->request_bytes <= BATCH_BYTES_MAX);
}

static void fill_with_more_of(struct batch *batch, struct lanes *lanes, uint32_t lane)
{
    for (const struct record *more; (more = lanes_peek_more(lanes, lane));) {
        const struct entry entry = next_entry(batch, 0, more);
        if (!fits(batch, &entry))
            return;
        add(batch, &entry, lanes_take_more(lanes, lane));
    }
}

static struct batch *batch_new(int64_t now_ms)
{
    struct batch *batch = alloc_bytes(sizeof *batch);
    batch->count = 0;
    batch->record_count = 0;
    batch->records_max = SIZE_MAX;
    batch->request_bytes = 0;
    batch->sent_ms = now_ms;
    batch->retry_after_ms = 0;
    batch->err.kind = ERR_NONE;
    return batch;
}

struct batch *packer_pack(
    struct lanes *lanes, struct gates *gates, enum packing packing, int64_t now_ms)
{
    struct batch *batch = NULL;
    for (const struct record *next; (next = lanes_peek(lanes));) {
        lanes_fetch_ready(lanes);
        const struct entry entry = next_entry(batch, lanes->entry_bytes_max, next);
        if (batch && !fits(batch, &entry))
            break;
        uint32_t lane = next->lane;
        if (!gates_let_pass(gates, lanes, entry.bytes, now_ms))
            continue;
        if (!batch)
            batch = batch_new(now_ms);
        add(batch, &entry, lanes_take(lanes, entry.records));
        if (packing == PACKING_IN_ORDER)
            fill_with_more_of(batch, lanes, lane);
    }
    return batch;
}
