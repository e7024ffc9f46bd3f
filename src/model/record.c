#include "model/record.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct record *record_new(struct str partition_key, struct str data)
{
    assert(partition_key.len <= UINT32_MAX && data.len <= UINT32_MAX);
    struct record *record = alloc_bytes(sizeof *record + partition_key.len + data.len);
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
    free(record);
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
    return sizeof *record + record->key_len + record->data_len;
}

size_t record_request_bytes(const struct record *record)
{
    return (size_t)record->key_len + record->data_len;
}
