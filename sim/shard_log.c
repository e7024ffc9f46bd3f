#include "sim/shard_log.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_RECORDS = 1024,
    BLOCK_BYTES = 64 << 10,
    BLOCK_RECORD_BYTES_MAX = 16 << 10, // A larger record has a block of its own.
};

// The bytes are the partition key's length in two bytes, the explicit hash key if it has one, the
// partition key, the data.
struct cell {
    char *bytes;
    uint32_t data_len;
    uint32_t after_ms; // Since the log began: enough for 49 days.
    uint32_t request;
    bool has_hash_key;
};

struct log_page {
    struct cell cells[PAGE_RECORDS];
};

struct log_block {
    struct log_block *before;
    size_t left;
    char *next;
    char bytes[];
};

void shard_log_init(struct shard_log *log, int64_t now_ms)
{
    *log = (struct shard_log){.began_ms = now_ms, .newest_ms = now_ms};
}

static size_t pages_count(const struct shard_log *log)
{
    return (size_t)((log->count + PAGE_RECORDS - 1) / PAGE_RECORDS);
}

void shard_log_release(struct shard_log *log)
{
    for (size_t i = 0; i < pages_count(log); i++)
        free(log->pages[i]);
    free(log->pages);
    while (log->block) {
        struct log_block *before = log->block->before;
        free(log->block);
        log->block = before;
    }
    shard_log_init(log, log->began_ms);
}

static struct log_block *block_new(size_t bytes)
{
    struct log_block *block = alloc_bytes(sizeof *block + bytes);
    block->before = NULL;
    block->left = bytes;
    block->next = block->bytes;
    return block;
}

static char *carve(struct shard_log *log, size_t bytes)
{
    if (bytes > BLOCK_RECORD_BYTES_MAX && log->block) {
        // Behind the newest, which still has room for small ones.
        struct log_block *alone = block_new(bytes);
        alone->before = log->block->before;
        log->block->before = alone;
        return alone->bytes;
    }
    if (!log->block || log->block->left < bytes) {
        struct log_block *block = block_new(bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
        block->before = log->block;
        log->block = block;
    }
    char *room = log->block->next;
    log->block->next += bytes;
    log->block->left -= bytes;
    return room;
}

static struct cell *cell_at(const struct shard_log *log, uint64_t index)
{
    return &log->pages[index / PAGE_RECORDS]->cells[index % PAGE_RECORDS];
}

static struct cell *next_cell(struct shard_log *log)
{
    if (log->count % PAGE_RECORDS == 0) {
        size_t pages = pages_count(log);
        if (pages == log->pages_capacity) {
            log->pages_capacity = pages > 0 ? 2 * pages : 4;
            log->pages = alloc_resize(log->pages, log->pages_capacity * sizeof *log->pages);
        }
        log->pages[pages] = alloc_bytes(sizeof *log->pages[pages]);
    }
    return cell_at(log, log->count++);
}

static char *put(char *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

void shard_log_append(struct shard_log *log, struct log_record record)
{
    assert(record.partition_key.len <= LOG_KEY_BYTES_MAX);
    assert(record.data.len <= LOG_DATA_BYTES_MAX);
    if (record.arrived_ms > log->newest_ms)
        log->newest_ms = record.arrived_ms;

    const uint16_t key_len = (uint16_t)record.partition_key.len;
    const size_t hash_key_len = record.has_hash_key ? sizeof record.hash_key : 0;
    char *bytes = carve(log, sizeof key_len + hash_key_len + key_len + record.data.len);
    *next_cell(log) = (struct cell){
        .bytes = bytes,
        .data_len = (uint32_t)record.data.len,
        .after_ms = (uint32_t)(log->newest_ms - log->began_ms),
        .request = record.request,
        .has_hash_key = record.has_hash_key,
    };
    bytes = put(bytes, &key_len, sizeof key_len);
    bytes = put(bytes, &record.hash_key, hash_key_len);
    bytes = put(bytes, record.partition_key.ptr, key_len);
    put(bytes, record.data.ptr, record.data.len);
}

struct log_record shard_log_at(const struct shard_log *log, uint64_t index)
{
    assert(index < log->count);
    const struct cell *cell = cell_at(log, index);
    uint16_t key_len;
    memcpy(&key_len, cell->bytes, sizeof key_len);
    const char *key = cell->bytes + sizeof key_len;
    hash_key_t hash_key = 0;
    if (cell->has_hash_key) {
        memcpy(&hash_key, key, sizeof hash_key);
        key += sizeof hash_key;
    }
    return (struct log_record){
        .partition_key = {.ptr = key, .len = key_len},
        .data = {.ptr = key + key_len, .len = cell->data_len},
        .arrived_ms = log->began_ms + cell->after_ms,
        .request = cell->request,
        .has_hash_key = cell->has_hash_key,
        .hash_key = hash_key,
    };
}

uint64_t shard_log_since(const struct shard_log *log, int64_t time_ms)
{
    uint64_t low = 0;
    uint64_t high = log->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (log->began_ms + cell_at(log, middle)->after_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
