#include "model/aggregate.h"

#include "base/buf.h"
#include "base/md5.h"
#include "model/record.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

// A protobuf field's number and its wire type, of which 0 is a number and 2 bytes with their length
// before (https://protobuf.dev/programming-guides/encoding/). Each of ours is one byte.
enum {
    KEY_TABLE = 1 << 3 | 2,
    HASH_KEY_TABLE = 2 << 3 | 2,
    RECORDS = 3 << 3 | 2,
    RECORD_KEY = 1 << 3 | 0,
    RECORD_HASH_KEY = 2 << 3 | 0,
    RECORD_DATA = 3 << 3 | 2
};

enum {
    HASH_KEY_INDEX = 0, // There is one.
    HASH_KEY_DIGITS_MAX = 39,
    DIGEST_BYTES = 16
};

#define MAGIC STR("\xf3\x89\x9a\xc2")

static size_t varint_bytes(uint64_t number)
{
    size_t bytes = 1;
    while (number >>= 7)
        bytes++;
    return bytes;
}

static void add_varint(struct buf *buf, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        buf_add_byte(buf, (char)(number | 0x80));
    buf_add_byte(buf, (char)number);
}

static size_t bytes_field_bytes(size_t len)
{
    return 1 + varint_bytes(len) + len;
}

static void add_bytes_field(struct buf *buf, uint8_t tag, struct str bytes)
{
    buf_add_byte(buf, (char)tag);
    add_varint(buf, bytes.len);
    buf_add(buf, bytes);
}

static void add_number_field(struct buf *buf, uint8_t tag, uint64_t number)
{
    buf_add_byte(buf, (char)tag);
    add_varint(buf, number);
}

// Of a Record message without its own tag and length.
static size_t row_bytes(size_t key_index, const struct record *record)
{
    return 1 + varint_bytes(key_index) + 1 + varint_bytes(HASH_KEY_INDEX) +
           bytes_field_bytes(record->data_len);
}

static bool has_key_of(const struct record *record, const struct record *before)
{
    return str_equal(record_key(record), record_key(before));
}

struct aggregate_size aggregate_size_of(const struct record *first)
{
    return (struct aggregate_size){
        .last = first,
        .rows = 1,
        .keys = 1,
        .table_bytes = bytes_field_bytes(first->key_len),
        .record_bytes = bytes_field_bytes(row_bytes(0, first)),
    };
}

struct aggregate_size aggregate_size_with(struct aggregate_size size, const struct record *next)
{
    if (!has_key_of(next, size.last)) {
        size.keys++;
        size.table_bytes += bytes_field_bytes(next->key_len);
    }
    size.rows++;
    size.record_bytes += bytes_field_bytes(row_bytes(size.keys - 1, next));
    size.last = next;
    return size;
}

size_t aggregate_size_bytes(const struct aggregate_size *size)
{
    if (size->rows == 1)
        return record_request_bytes(size->last);
    return sizeof AGGREGATE_PARTITION_KEY - 1 + MAGIC.len + size->table_bytes +
           bytes_field_bytes(HASH_KEY_DIGITS_MAX) + size->record_bytes + DIGEST_BYTES;
}

static void add_keys(struct buf *buf, const struct record *first)
{
    add_bytes_field(buf, KEY_TABLE, record_key(first));
    for (const struct record *at = first; at->next; at = at->next)
        if (!has_key_of(at->next, at))
            add_bytes_field(buf, KEY_TABLE, record_key(at->next));
}

static void add_row(struct buf *buf, size_t key_index, const struct record *record)
{
    add_number_field(buf, RECORDS, row_bytes(key_index, record));
    add_number_field(buf, RECORD_KEY, key_index);
    add_number_field(buf, RECORD_HASH_KEY, HASH_KEY_INDEX);
    add_bytes_field(buf, RECORD_DATA, record_data(record));
}

void aggregate_write(struct buf *buf, const struct record *first, struct str hash_key)
{
    buf_add(buf, MAGIC);
    add_keys(buf, first);
    add_bytes_field(buf, HASH_KEY_TABLE, hash_key);
    size_t key_index = 0;
    add_row(buf, key_index, first);
    for (const struct record *at = first; at->next; at = at->next) {
        key_index += !has_key_of(at->next, at);
        add_row(buf, key_index, at->next);
    }
    static const char no_digest[DIGEST_BYTES];
    buf_add(buf, (struct str){.ptr = no_digest, .len = DIGEST_BYTES});
}

void aggregates_seal(struct buf *buf, const size_t *ends, size_t count)
{
    if (count == 0)
        return;
    assert(count <= AGGREGATES_SEALED_MAX && ends[count - 1] == buf->len);
    struct str messages[AGGREGATES_SEALED_MAX];
    struct md5 digests[AGGREGATES_SEALED_MAX];
    size_t begin = 0;
    for (size_t i = 0; i < count; begin = ends[i++])
        messages[i] = (struct str){
            .ptr = buf->ptr + begin + MAGIC.len,
            .len = ends[i] - begin - MAGIC.len - DIGEST_BYTES,
        };
    md5_of_each(messages, count, digests);
    for (size_t i = 0; i < count; i++)
        memcpy(buf->ptr + ends[i] - DIGEST_BYTES, digests[i].bytes, DIGEST_BYTES);
}
