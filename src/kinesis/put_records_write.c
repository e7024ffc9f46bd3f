#include "base/buf.h"
#include "kinesis/lane_key.h"
#include "kinesis/put_records.h"
#include "kinesis/wire.h"
#include "model/aggregate.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>

// Entries are written in groups, whose aggregates are sealed at once.
enum {
    GROUP_MAX = AGGREGATES_SEALED_MAX
};

struct group {
    struct record *const *entries; // The first record of each.
    size_t count;
};

static struct parcel parcel_of(const struct put_records_form *form, const struct record *record)
{
    return (struct parcel){
        .partition_key = record_key(record),
        .hash_key = form->lane_keys ? str_from_c(form->lane_keys[record->lane].text) : STR(""),
        .data = record_data(record),
    };
}

// Entries of several rows go as aggregates in place of their first rows.
static void aggregate_parcels(struct buf *aggregates, struct group group, struct parcel *parcels)
{
    size_t ends[GROUP_MAX];
    size_t built = 0;
    buf_clear(aggregates);
    for (size_t i = 0; i < group.count; i++) {
        if (!group.entries[i]->next)
            continue;
        aggregate_write(aggregates, group.entries[i], parcels[i].hash_key);
        ends[built++] = aggregates->len;
    }
    assert(buf_ok(aggregates));
    aggregates_seal(aggregates, ends, built);

    size_t begin = 0;
    for (size_t i = 0, sealed = 0; sealed < built; i++) {
        if (!group.entries[i]->next)
            continue;
        const size_t end = ends[sealed++];
        parcels[i].partition_key = STR(AGGREGATE_PARTITION_KEY);
        parcels[i].data = (struct str){.ptr = aggregates->ptr + begin, .len = end - begin};
        begin = end;
    }
}

static void write_group(struct buf *buf, const struct put_records_form *form, struct group group)
{
    struct parcel parcels[GROUP_MAX];
    for (size_t i = 0; i < group.count; i++)
        parcels[i] = parcel_of(form, group.entries[i]);
    if (form->lane_keys)
        aggregate_parcels(form->aggregates, group, parcels);
    for (size_t i = 0; i < group.count; i++) {
        if (i > 0)
            buf_add(buf, form->wire->separator);
        form->wire->write_parcel(buf, &parcels[i]);
    }
}

static struct group group_at(const struct batch *batch, size_t at)
{
    const size_t left = batch->count - at;
    return (struct group){
        .entries = batch->records + at,
        .count = left < GROUP_MAX ? left : GROUP_MAX,
    };
}

static void fetch_group(struct group group)
{
    for (size_t i = 0; i < group.count; i++)
        record_fetch(group.entries[i]);
}

void put_records_write(
    struct buf *buf, const struct put_records_form *form, const struct batch *batch)
{
    form->wire->begin_records(buf, form->stream, batch->count);
    for (size_t at = 0; at < batch->count;) {
        const struct group group = group_at(batch, at);
        if (at > 0)
            buf_add(buf, form->wire->separator);
        at += group.count;
        fetch_group(group_at(batch, at));
        write_group(buf, form, group);
    }
    buf_add(buf, form->wire->end);
}
