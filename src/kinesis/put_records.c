#include "kinesis/put_records.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "kinesis/json_read.h"
#include "kinesis/stream_name.h"
#include "model/batch.h"
#include "model/record.h"

#include <assert.h>
#include <stdio.h>

static void write_record(struct buf *buf, const struct record *record)
{
    buf_add(buf, STR("{\"Data\":\""));
    base64_write(buf, record_data(record));
    buf_add(buf, STR("\",\"PartitionKey\":"));
    json_write_string(buf, record_key(record));
    buf_add_byte(buf, '}');
}

void put_records_write(struct buf *buf, const struct stream_name *stream, const struct batch *batch)
{
    buf_add(buf, stream->is_arn ? STR("{\"StreamARN\":") : STR("{\"StreamName\":"));
    json_write_string(buf, stream->text);
    buf_add(buf, STR(",\"Records\":["));
    for (size_t i = 0; i < batch->count; i++) {
        if (i > 0)
            buf_add_byte(buf, ',');
        write_record(buf, batch->records[i]);
    }
    buf_add(buf, STR("]}"));
}

// A sequence number and an error code at once would be a contradiction: the record is sent again,
// which stores it twice at worst. A code may stand there and be null.
static enum outcome read_outcome(const json_t *entry)
{
    struct str code = json_member_string(entry, "ErrorCode");
    if (str_equal(code, STR("ProvisionedThroughputExceededException")))
        return OUTCOME_THROTTLED;
    if (code.len == 0 && json_member_string(entry, "SequenceNumber").len > 0)
        return OUTCOME_STORED;
    return OUTCOME_FAILED;
}

static void count_outcome(
    struct put_records_counts *counts, enum outcome outcome, const json_t *entry)
{
    counts->stored += outcome == OUTCOME_STORED;
    counts->throttled += outcome == OUTCOME_THROTTLED;
    counts->failed += outcome == OUTCOME_FAILED;
    if (outcome == OUTCOME_STORED || counts->throttled + counts->failed > 1)
        return;
    struct err_quote code = err_quote(json_member_string(entry, "ErrorCode"));
    struct err_quote message = err_quote(json_member_string(entry, "ErrorMessage"));
    snprintf(counts->first_failure.text, sizeof counts->first_failure.text, "%.60s: %.140s",
        code.text[0] ? code.text : "neither a sequence number nor an error code", message.text);
}

static bool all_are_objects(const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        if (!json_is_object(json_array_get(entries, i)))
            return false;
    }
    return true;
}

// The array of outcomes, NULL when the reply has none that fits the request.
static const json_t *find_entries(const json_t *reply, size_t expected, struct err *err)
{
    const json_t *entries = json_object_get(reply, "Records");
    if (!json_is_array(entries) || !all_are_objects(entries)) {
        err_set(err, ERR_RETRY, "the reply to PutRecords is not its JSON");
        return NULL;
    }
    if (json_array_size(entries) != expected) {
        err_set(err, ERR_RETRY, "the reply to PutRecords tells of %zu records, sent were %zu",
            json_array_size(entries), expected);
        return NULL;
    }
    return entries;
}

bool put_records_read(
    struct batch *batch, struct str body, struct put_records_counts *counts, struct err *err)
{
    assert(batch->count > 0 && batch->count <= BATCH_RECORDS_MAX);
    *counts = (struct put_records_counts){.stored = 0};
    json_t *reply = json_read_object(body);
    const json_t *entries = find_entries(reply, batch->count, err);
    for (size_t i = 0; i < batch->count; i++) {
        batch->outcomes[i] = OUTCOME_UNKNOWN;
        if (!entries)
            continue;
        const json_t *entry = json_array_get(entries, i);
        batch->outcomes[i] = read_outcome(entry);
        count_outcome(counts, batch->outcomes[i], entry);
    }
    bool understood = entries != NULL;
    json_decref(reply);
    return understood;
}
