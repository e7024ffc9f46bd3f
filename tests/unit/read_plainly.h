// read_plainly - a reply to PutRecords, read entry by entry as if none looked like another.
//
// What put_records_read() makes of a reply has to be this: the short cut it takes is none of the
// meaning. Written apart from it, by the same readers of documents.
#ifndef PGK_TESTS_READ_PLAINLY_H
#define PGK_TESTS_READ_PLAINLY_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/document.h"
#include "kinesis/put_records.h"
#include "model/batch.h"

#include <stdlib.h>

enum plain_member {
    PLAIN_NUMBER,
    PLAIN_SHARD,
    PLAIN_CODE,
    PLAIN_MESSAGE,
    PLAIN_MEMBERS
};

// A body is spent by its reading, and one of exactly its size shows a sanitizer one byte too many.
static inline struct buf spendable_copy(struct str reply)
{
    char *bytes = alloc_bytes(reply.len);
    memcpy(bytes, reply.ptr, reply.len);
    return (struct buf){.ptr = bytes, .len = reply.len, .bytes_max = reply.len};
}

static inline uint32_t plain_throttled_shard(struct str message)
{
    uint32_t shard = SHARD_UNKNOWN;
    while (message.len > 0 && shard == SHARD_UNKNOWN)
        shard = shard_parse(str_cut(&message, ' '));
    return shard;
}

static inline void settle_plainly(
    struct batch *batch, size_t i, const struct str texts[PLAIN_MEMBERS])
{
    struct placement *placement = &batch->placements[i];
    *placement = placement_unknown();
    batch->outcomes[i] = OUTCOME_FAILED;
    if (str_equal(texts[PLAIN_CODE], STR("ProvisionedThroughputExceededException"))) {
        batch->outcomes[i] = OUTCOME_THROTTLED;
        placement->shard = plain_throttled_shard(texts[PLAIN_MESSAGE]);
    } else if (texts[PLAIN_CODE].len == 0 && texts[PLAIN_NUMBER].len > 0) {
        batch->outcomes[i] = OUTCOME_STORED;
        placement->shard = shard_parse(texts[PLAIN_SHARD]);
        placement->sequence_number = sequence_number_parse(texts[PLAIN_NUMBER]);
    }
}

static inline void read_entry_plainly(struct document *reply, struct str texts[PLAIN_MEMBERS])
{
    static const struct str names[PLAIN_MEMBERS] = {
        [PLAIN_NUMBER] = STR_CONST("SequenceNumber"),
        [PLAIN_SHARD] = STR_CONST("ShardId"),
        [PLAIN_CODE] = STR_CONST("ErrorCode"),
        [PLAIN_MESSAGE] = STR_CONST("ErrorMessage"),
    };
    struct str name;
    document_enter_map(reply);
    while (document_member(reply, &name)) {
        size_t i = 0;
        while (i < PLAIN_MEMBERS && !str_equal(name, names[i]))
            i++;
        const struct str text = document_text_or_skip(reply);
        if (i < PLAIN_MEMBERS)
            texts[i] = text;
    }
}

// False when it is not the answer to a request of so many records as the batch has.
static inline bool read_plainly(struct batch *batch, struct str bytes)
{
    struct buf body = spendable_copy(bytes);
    struct document reply = document_over_either(body.ptr, body.len);
    size_t told = 0;
    struct str name;
    document_enter_map(&reply);
    while (document_member(&reply, &name)) {
        if (!str_equal(name, STR("Records"))) {
            document_skip(&reply);
            continue;
        }
        document_enter_array(&reply);
        for (told = 0; document_element(&reply); told++) {
            struct str texts[PLAIN_MEMBERS] = {STR(""), STR(""), STR(""), STR("")};
            read_entry_plainly(&reply, texts);
            if (told < batch->count)
                settle_plainly(batch, told, texts);
        }
    }
    const bool is_answer = document_done(&reply) && told == batch->count;
    buf_release(&body);
    return is_answer;
}

static inline bool is_told_alike(const struct batch *a, const struct batch *b, size_t i)
{
    const struct placement *in_a = &a->placements[i];
    const struct placement *in_b = &b->placements[i];
    return a->outcomes[i] == b->outcomes[i] && in_a->shard == in_b->shard &&
           memcmp(&in_a->sequence_number, &in_b->sequence_number, sizeof in_a->sequence_number) ==
               0;
}

// Whether put_records_read() takes the reply to a request of so many records for what it is.
static inline bool is_read_as_plainly(struct str reply, size_t sent, bool *believed)
{
    static struct batch batch;
    static struct batch plain;
    batch.count = sent;
    plain.count = sent;
    struct put_records_counts counts;
    struct err err;
    struct buf body = spendable_copy(reply);
    *believed = put_records_read(&batch, &body, &counts, &err);
    buf_release(&body);
    if (read_plainly(&plain, reply) != *believed)
        return false;
    for (size_t i = 0; *believed && i < sent; i++)
        if (!is_told_alike(&batch, &plain, i))
            return false;
    return true;
}

#endif
