// event_reader - reads all of an event, as the program does: into records and partition keys, so
// that a sanitizer sees each byte that the event borrows.
#ifndef PGK_FUZZ_EVENT_READER_H
#define PGK_FUZZ_EVENT_READER_H

#include "base/buf.h"
#include "encode/json.h"
#include "encode/partition_key.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

enum {
    RECORD_BYTES_MAX = 1 << 20
};

struct event_reader {
    struct buf key;
    struct buf record;
};

static void event_reader_init(struct event_reader *reader)
{
    partition_key_init(&reader->key);
    buf_init(&reader->record, RECORD_BYTES_MAX);
}

static void event_reader_release(struct event_reader *reader)
{
    buf_release(&reader->key);
    buf_release(&reader->record);
}

// Stands for the catalog: the key is the first column, whatever it is.
static void set_key(struct relation *relation)
{
    size_t count = relation->column_count > 0 ? 1 : 0;
    if (!relation->key_is_known)
        relation_set_key(relation, count > 0 ? &relation->columns[0].name : NULL, count);
    relation->key_is_known = true;
}

static void check_record(const struct event_reader *reader)
{
    assert(reader->key.len > 0 && reader->key.len <= PARTITION_KEY_BYTES_MAX);
    assert(reader->record.ptr[0] == '{');
}

// The relations are those that the event names.
static void event_reader_read(struct event_reader *reader, const struct event *event,
    struct relation *const *relations, size_t count)
{
    const struct json_frame frame = {
        .opening = STR("{\"time\":\"2026-11-22T00:00:00Z\",\"lsn\":\"")};
    for (size_t i = 0; i < count; i++) {
        set_key(relations[i]);
        buf_clear(&reader->record);
        if (event->kind == EVENT_CHANGE) {
            partition_key_of(&reader->key, event);
            json_encode_change(&reader->record, event, &frame);
        } else {
            partition_key_of_relation(&reader->key, relations[i]);
            json_encode_truncate(&reader->record, event, relations[i], &frame);
        }
        check_record(reader);
    }
    if (event->kind != EVENT_MESSAGE)
        return;
    buf_clear(&reader->record);
    partition_key_of_message(&reader->key, event);
    json_encode_message(&reader->record, event, &frame);
    check_record(reader);
}

#endif
