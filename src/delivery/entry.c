#include "delivery/entry.h"

#include "model/aggregate.h"
#include "model/record.h"

#include <stdint.h>

static size_t lower(size_t records_max, const struct record *record)
{
    bool is_suspect = record->records_max > 0 && record->records_max < records_max;
    return is_suspect ? record->records_max : records_max;
}

static struct entry entry_of_one(const struct record *record)
{
    return (struct entry){
        .records = 1,
        .bytes = record_request_bytes(record),
        .records_max = lower(SIZE_MAX, record),
    };
}

static struct entry entry_of_several(const struct record *first, struct entry_limits limits)
{
    struct entry entry = entry_of_one(first);
    struct aggregate_size size = aggregate_size_of(first);
    for (const struct record *next = first->next; next; next = next->next) {
        size = aggregate_size_with(size, next);
        size_t bytes = aggregate_size_bytes(&size);
        size_t records_max = lower(entry.records_max, next);
        if (bytes > limits.bytes_max || size.rows > limits.records_max || size.rows > records_max)
            break;
        entry = (struct entry){.records = size.rows, .bytes = bytes, .records_max = records_max};
    }
    return entry;
}

struct entry entry_from(const struct record *first, struct entry_limits limits)
{
    return limits.bytes_max == 0 ? entry_of_one(first) : entry_of_several(first, limits);
}
