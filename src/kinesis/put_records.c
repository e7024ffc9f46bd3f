#include "kinesis/put_records.h"

#include "base/buf.h"
#include "base/document.h"
#include "kinesis/entry_shape.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>
#include <stdio.h>

// What a reply says of one record; "" where it says nothing, or null.
struct entry {
    struct str sequence_number;
    struct str shard_id;
    struct str code;
    struct str message;
};

// Of a member that comes twice the last one counts, here as everywhere.
static struct entry read_entry(struct document *reply)
{
    struct entry entry = {STR(""), STR(""), STR(""), STR("")};
    struct str name;
    document_enter_map(reply);
    while (document_member(reply, &name)) {
        if (str_equal(name, STR("SequenceNumber")))
            entry.sequence_number = document_text_or_skip(reply);
        else if (str_equal(name, STR("ShardId")))
            entry.shard_id = document_text_or_skip(reply);
        else if (str_equal(name, STR("ErrorCode")))
            entry.code = document_text_or_skip(reply);
        else if (str_equal(name, STR("ErrorMessage")))
            entry.message = document_text_or_skip(reply);
        else
            document_skip(reply);
    }
    return entry;
}

// A sequence number and an error code at once would be a contradiction: the record is sent again,
// which stores it twice at worst. A code may stand there and be null.
static enum outcome outcome_of(const struct entry *entry)
{
    if (str_equal(entry->code, STR("ProvisionedThroughputExceededException")))
        return OUTCOME_THROTTLED;
    if (entry->code.len == 0 && entry->sequence_number.len > 0)
        return OUTCOME_STORED;
    return OUTCOME_FAILED;
}

// "Rate exceeded for shard shardId-000000000001 in stream s under account 111111111111."
static uint32_t throttled_shard(struct str message)
{
    struct str rest = message;
    while (rest.len > 0) {
        uint32_t shard = shard_parse(str_cut(&rest, ' '));
        if (shard != SHARD_UNKNOWN)
            return shard;
    }
    return SHARD_UNKNOWN;
}

static struct placement placement_of(enum outcome outcome, const struct entry *entry)
{
    struct placement placement = placement_unknown();
    if (outcome == OUTCOME_STORED) {
        placement.shard = shard_parse(entry->shard_id);
        placement.sequence_number = sequence_number_parse(entry->sequence_number);
    } else if (outcome == OUTCOME_THROTTLED) {
        placement.shard = throttled_shard(entry->message);
    }
    return placement;
}

static void count_outcome(
    struct put_records_counts *counts, enum outcome outcome, const struct entry *entry)
{
    counts->stored += outcome == OUTCOME_STORED;
    counts->throttled += outcome == OUTCOME_THROTTLED;
    counts->failed += outcome == OUTCOME_FAILED;
    if (outcome == OUTCOME_STORED || counts->throttled + counts->failed > 1)
        return;
    struct err_quote code = err_quote(entry->code);
    struct err_quote message = err_quote(entry->message);
    snprintf(counts->first_failure.text, sizeof counts->first_failure.text, "%.60s: %.140s",
        code.text[0] ? code.text : "neither a sequence number nor an error code", message.text);
}

// An entry that looks like one before it is passed without being read.
static bool pass_stored(
    struct document *reply, const struct entry_shape *shape, struct placement *placement)
{
    const size_t len = entry_shape_fit(shape, document_rest(reply), placement);
    if (len > 0)
        document_pass(reply, len);
    return len > 0;
}

static struct entry read_and_learn(struct document *reply, struct entry_shape *shape)
{
    const struct str rest = document_rest(reply);
    entry_shape_keep(shape, rest);
    const struct entry entry = read_entry(reply);
    const struct stored_entry stored = {
        .bytes = {.ptr = rest.ptr, .len = rest.len - document_rest(reply).len},
        .sequence_number = entry.sequence_number,
        .shard_id = entry.shard_id,
    };
    if (!document_has_failed(reply) && outcome_of(&entry) == OUTCOME_STORED)
        entry_shape_learn(shape, &stored);
    return entry;
}

// Reads the array of outcomes; returns how many there are, which may be more than were asked for.
static size_t read_entries(
    struct document *reply, struct batch *batch, struct put_records_counts *counts)
{
    *counts = (struct put_records_counts){.stored = 0};
    struct entry_shape shape;
    entry_shape_init(&shape);
    size_t told = 0;
    document_enter_array(reply);
    for (; document_element(reply); told++) {
        if (told < batch->count && pass_stored(reply, &shape, &batch->placements[told])) {
            batch->outcomes[told] = OUTCOME_STORED;
            counts->stored++;
            continue;
        }
        const struct entry entry = read_and_learn(reply, &shape);
        if (told >= batch->count)
            continue;
        batch->outcomes[told] = outcome_of(&entry);
        batch->placements[told] = placement_of(batch->outcomes[told], &entry);
        count_outcome(counts, batch->outcomes[told], &entry);
    }
    return told;
}

static bool read_reply(
    struct batch *batch, struct document *reply, struct put_records_counts *counts, struct err *err)
{
    size_t told = 0;
    struct str name;
    document_enter_map(reply);
    while (document_member(reply, &name)) {
        if (str_equal(name, STR("Records")))
            told = read_entries(reply, batch, counts);
        else
            document_skip(reply);
    }
    if (!document_done(reply))
        return err_set(err, ERR_RETRY, "the reply to PutRecords cannot be read");
    return told == batch->count ||
           err_set(err, ERR_RETRY, "the reply to PutRecords tells of %zu records, sent were %zu",
               told, batch->count);
}

bool put_records_read(
    struct batch *batch, struct buf *body, struct put_records_counts *counts, struct err *err)
{
    assert(batch->count > 0 && batch->count <= BATCH_RECORDS_MAX);
    struct document reply = document_over_either(body->ptr, body->len);
    if (read_reply(batch, &reply, counts, err))
        return true;
    *counts = (struct put_records_counts){.stored = 0};
    batch_settle_all(batch, OUTCOME_UNKNOWN);
    return false;
}
