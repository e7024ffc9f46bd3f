// Lines of test_decoding, separated by zero bytes, one after the other through one decoder; every
// event goes on into record and partition key, so that every byte it borrows is read.
#include "base/alloc.h"
#include "base/buf.h"
#include "encode/json.h"
#include "encode/partition_key.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/test_decoding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_BYTES_MAX = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct test_decoding *decoder;
    struct buf key;
    struct buf record;
};

// Stands for the catalog: the key is the first column, whatever it is.
static void set_key(struct relation *relation)
{
    size_t count = relation->column_count > 0 ? 1 : 0;
    if (!relation->key_is_known)
        relation_set_key(relation, count > 0 ? &relation->columns[0].name : NULL, count);
    relation->key_is_known = true;
}

static void encode(struct target *target, const struct event *event)
{
    const struct str time = STR("2026-11-22T00:00:00Z");
    size_t count = 0;
    struct relation *const *relations = test_decoding_relations(target->decoder, &count);
    for (size_t i = 0; i < count; i++) {
        set_key(relations[i]);
        buf_clear(&target->record);
        if (event->kind == EVENT_CHANGE) {
            partition_key_of(&target->key, event);
            json_encode_change(&target->record, event, &(struct json_frame){.time = time});
        } else {
            partition_key_of_relation(&target->key, relations[i]);
            json_encode_truncate(
                &target->record, event, relations[i], &(struct json_frame){.time = time});
        }
        assert(target->key.len > 0 && target->key.len <= PARTITION_KEY_BYTES_MAX);
        assert(target->record.ptr[0] == '{');
    }
}

static void read_message(struct target *target, const struct message *message)
{
    buf_clear(&target->record);
    buf_add(&target->record, message->prefix);
    buf_add(&target->record, message->content);
}

// The line lies in memory of exactly its size, so that a sanitizer sees one byte too many.
static void read_line(struct target *target, struct str line)
{
    char *exact = alloc_bytes(line.len);
    memcpy(exact, line.ptr, line.len);
    const struct wal_data data = {.start = 1, .end = 1, .payload = {exact, line.len}};
    struct event event;
    struct err err = {.kind = ERR_NONE};
    if (test_decoding_read(target->decoder, data, &event, &err)) {
        encode(target, &event);
        if (event.kind == EVENT_MESSAGE)
            read_message(target, &event.message);
    } else {
        assert(err.kind == ERR_DATA);
    }
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target = {.decoder = test_decoding_new()};
    partition_key_init(&target.key);
    buf_init(&target.record, RECORD_BYTES_MAX);
    struct str rest = {.ptr = (const char *)data, .len = size};
    while (rest.len > 0)
        read_line(&target, str_cut(&rest, 0));
    buf_release(&target.record);
    buf_release(&target.key);
    test_decoding_free(target.decoder);
    return 0;
}
