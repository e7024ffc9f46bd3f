#include "model/record.h"

#include "base/cache.h"
#include "base/pool.h"

#include <assert.h>
#include <string.h>

// The one thread's; it lives as long as the process.
static struct pool records;

static size_t own_bytes(size_t key_len, size_t data_len)
{
    return sizeof(struct record) + key_len + data_len;
}

struct record *record_new(struct str partition_key, struct str data)
{
    assert(partition_key.len <= UINT32_MAX && data.len <= UINT32_MAX);
    struct record *record = pool_take(&records, own_bytes(partition_key.len, data.len));
    *record = (struct record){
        .key_len = (uint32_t)partition_key.len,
        .data_len = (uint32_t)data.len,
    };
    memcpy(record->bytes, partition_key.ptr, partition_key.len);
    memcpy(record->bytes + partition_key.len, data.ptr, data.len);
    return record;
}

void record_free(struct record *record)
{
    if (record)
        pool_give_back(&records, record, own_bytes(record->key_len, record->data_len));
}

void record_free_chain(struct record *first)
{
    while (first) {
        struct record *next = first->next;
        record_free(first);
        first = next;
    }
}

struct str record_key(const struct record *record)
{
    return (struct str){.ptr = record->bytes, .len = record->key_len};
}

struct str record_data(const struct record *record)
{
    return (struct str){.ptr = record->bytes + record->key_len, .len = record->data_len};
}

size_t record_memory_bytes(const struct record *record)
{
    return pool_piece_bytes(own_bytes(record->key_len, record->data_len));
}

size_t record_request_bytes(const struct record *record)
{
    return (size_t)record->key_len + record->data_len;
}

void record_fetch(const struct record *record)
{
    cache_fetch(record, own_bytes(record->key_len, record->data_len));
}
