#include "delivery/packer.h"

#include "base/alloc.h"
#include "delivery/gate.h"
#include "delivery/lane.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>

// A record that is larger than the goal goes alone, so the service's own limit is never near.
static bool fits(const struct batch *batch, const struct record *record)
{
    if (batch->count == 0)
        return true;
    bool is_suspect = record->records_max > 0;
    return batch->count < batch->records_max &&
           (!is_suspect || batch->count < record->records_max) &&
           batch->request_bytes + record_request_bytes(record) <= BATCH_BYTES_GOAL;
}

static void add(struct batch *batch, struct record *record)
{
    record->attempts++;
    if (record->records_max > 0 && record->records_max < batch->records_max)
        batch->records_max = record->records_max;
    batch->outcomes[batch->count] = OUTCOME_UNKNOWN;
    batch->placements[batch->count] = placement_unknown();
    batch->records[batch->count++] = record;
    batch->request_bytes += record_request_bytes(record);
    assert(batch->count <= BATCH_RECORDS_MAX && batch->request_bytes <= BATCH_BYTES_MAX);
}

static void fill_with_more_of(struct batch *batch, struct lanes *lanes, uint32_t lane)
{
    for (const struct record *more; (more = lanes_peek_more(lanes, lane)) && fits(batch, more);)
        add(batch, lanes_take_more(lanes, lane));
}

static struct batch *batch_new(int64_t now_ms)
{
    struct batch *batch = alloc_bytes(sizeof *batch);
    batch->count = 0;
    batch->records_max = BATCH_RECORDS_MAX;
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
    for (const struct record *next; (next = lanes_peek(lanes)) && (!batch || fits(batch, next));) {
        uint32_t lane = next->lane;
        if (!gates_let_pass(gates, lanes, now_ms))
            continue;
        if (!batch)
            batch = batch_new(now_ms);
        add(batch, lanes_take(lanes));
        if (packing == PACKING_IN_ORDER)
            fill_with_more_of(batch, lanes, lane);
    }
    return batch;
}
