#include "base/base64.h"
#include "base/clock.h"
#include "sim/account.h"
#include "sim/answer.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"
#include "sim/spoil.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Where a record ends up: in a shard under a sequence number, or refused with a code.
struct outcome {
    const struct shard *shard;
    struct sequence sequence;
    const char *code; // NULL: stored.
};

static const char throttled[] = "ProvisionedThroughputExceededException";

// The service counts a Java string's length; UTF-8 never has fewer bytes than that.
static bool key_is_too_long(struct str key)
{
    if (key.len <= LIMIT_KEY_UNITS)
        return false;
    size_t units = 0;
    for (size_t i = 0; i < key.len; i++) {
        uint8_t byte = (uint8_t)key.ptr[i];
        if ((byte & 0xc0) != 0x80)
            units += byte >= 0xf0 ? 2 : 1;
    }
    return units > LIMIT_KEY_UNITS;
}

// What comes before a member's name in a complaint. Made only when there is one: every record of
// every request is checked.
struct place {
    char text[40];
};

// Records of PutRecords count from 1; PutRecord's only one is at 0.
static struct place place_of(size_t position)
{
    struct place place = {{0}};
    if (position > 0)
        snprintf(place.text, sizeof place.text, "records.%zu.member.", position);
    return place;
}

static void check_entry(
    struct complaints *complaints, const struct put_entry *entry, size_t position)
{
    struct str key = entry->partition_key.text;
    if (!entry->data.given)
        complain(complaints,
            "Value null at '%sdata' failed to satisfy constraint: Member must not be null",
            place_of(position).text);
    else if (entry->data.bytes > LIMIT_DATA_BYTES)
        complain(complaints,
            "Value at '%sdata' failed to satisfy constraint: Member must have length less than or "
            "equal to %d",
            place_of(position).text, LIMIT_DATA_BYTES);
    if (!entry->partition_key.given)
        complain(complaints,
            "Value null at '%spartitionKey' failed to satisfy constraint: Member must not be null",
            place_of(position).text);
    else if (key.len == 0)
        complain(complaints,
            "Value '' at '%spartitionKey' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1",
            place_of(position).text);
    else if (key_is_too_long(key))
        complain(complaints,
            "Value at '%spartitionKey' failed to satisfy constraint: Member must have length less "
            "than or equal to %d",
            place_of(position).text, LIMIT_KEY_UNITS);
    if (entry->explicit_hash_key.given && !hash_key_is_well_formed(entry->explicit_hash_key.text))
        complain(complaints,
            "Value '" STR_FMT "' at '%sexplicitHashKey' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
            STR_ARG(entry->explicit_hash_key.text), place_of(position).text);
}

static size_t entry_bytes(const struct put_entry *entry)
{
    return entry->data.bytes + entry->partition_key.text.len;
}

// What depends on the stream: its largest record.
static void check_entry_size(struct complaints *complaints, const struct put_entry *entry,
    const struct stream *stream, size_t position)
{
    const size_t most = (size_t)stream->record_kib_max << 10;
    if (entry_bytes(entry) > most)
        complain(complaints,
            "Value at '%sdata' failed to satisfy constraint: Member must have length less than or "
            "equal to %zu",
            place_of(position).text, most);
}

static struct log_record logged(
    const struct account *account, const struct put_entry *entry, struct str data)
{
    struct log_record record = {
        .partition_key = entry->partition_key.text,
        .data = data,
        .arrived_ms = account->now_ms,
        .request = (uint32_t)account->request,
    };
    record.has_hash_key = entry->explicit_hash_key.given &&
                          hash_key_parse(entry->explicit_hash_key.text, &record.hash_key);
    return record;
}

static bool read_hash_key(struct str text, hash_key_t *key, struct refusal *refusal)
{
    return hash_key_parse(text, key) ||
           refuse(refusal, "InvalidArgumentException",
               "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
               "Specified value was " STR_FMT,
               STR_ARG(text));
}

static bool find_hash_keys(
    const struct put_entry *entries, size_t count, hash_key_t *keys, struct refusal *refusal)
{
    if (count == 0)
        return true;
    assert(count <= LIMIT_REQUEST_RECORDS);
    struct str partition_keys[LIMIT_REQUEST_RECORDS];
    for (size_t i = 0; i < count; i++)
        partition_keys[i] = entries[i].partition_key.text;
    hash_keys_of(partition_keys, count, keys);
    for (size_t i = 0; i < count; i++) {
        const struct text_parameter *explicit = &entries[i].explicit_hash_key;
        if (explicit->given && !read_hash_key(explicit->text, &keys[i], refusal))
            return false;
    }
    return true;
}

// The time is told to the microsecond, which no answer of the service does.
static void log_arrival(const struct account *account, struct str partition_key)
{
    if (account->arrivals)
        fprintf(account->arrivals, "%" PRId64 " " STR_FMT "\n", clock_wall_us(),
            STR_ARG(partition_key));
}

// The bytes to keep; borrowed from the request or from scratch.
static struct str data_of(struct account *account, const struct put_entry *entry)
{
    if (account->rules.discards_data)
        return STR("");
    if (!entry->data.is_base64)
        return entry->data.text;
    buf_clear(&account->decoded);
    bool ok = base64_read(&account->decoded, entry->data.text);
    assert(ok); // The reader of the parameters let nothing else pass.
    return buf_str(&account->decoded);
}

static void count_stored(struct counters *counters, size_t bytes)
{
    enum {
        UNIT_BYTES = 25 * 1024,
        KIB = 1024
    };
    counters->records_stored++;
    counters->bytes_stored += bytes;
    counters->payload_units += (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
    counters->rounded_kib += (bytes + KIB - 1) / KIB;
}

static struct outcome store(
    struct account *account, const struct put_entry *entry, struct shard *shard)
{
    struct outcome outcome = {.shard = shard};
    const struct fault_record record = {entry->partition_key.text, shard->number};
    outcome.code = faults_for_record(&account->faults, account->operation, &record);
    if (outcome.code) {
        account->counters.records_failed++;
        return outcome;
    }
    if (account->rules.paced &&
        !shard_pace_take(&shard->pace, entry_bytes(entry), account->now_ms)) {
        account->counters.records_throttled++;
        outcome.code = throttled;
        return outcome;
    }
    outcome.sequence = shard_sequence(shard, shard->log.count, account->now_ms);
    shard_log_append(&shard->log, logged(account, entry, data_of(account, entry)));
    log_arrival(account, entry->partition_key.text);
    count_stored(&account->counters, entry_bytes(entry));
    return outcome;
}

static bool is_throttled(const struct outcome *outcome)
{
    return outcome->code && strcmp(outcome->code, throttled) == 0;
}

static void write_rate_exceeded(
    struct buf *buf, const struct stream *stream, const struct outcome *outcome)
{
    buf_add(buf, STR("Rate exceeded for shard "));
    shard_id_write(buf, outcome->shard->number);
    buf_printf(buf, " in stream %s under account " STREAM_ACCOUNT ".", stream->name);
}

static bool refuse_rate(
    struct refusal *refusal, const struct stream *stream, const struct outcome *outcome)
{
    struct buf text;
    buf_init(&text, sizeof refusal->message);
    write_rate_exceeded(&text, stream, outcome);
    refuse(refusal, "ProvisionedThroughputExceededException", "%s", buf_c(&text));
    buf_release(&text);
    return false;
}

static void write_failure(
    struct answer *answer, const struct stream *stream, const struct outcome *outcome)
{
    answer_name(answer, STR("ErrorCode"));
    answer_text(answer, str_from_c(outcome->code));
    if (!is_throttled(outcome)) {
        answer_name(answer, STR("ErrorMessage"));
        answer_text(answer, STR("Internal Service Failure"));
        return;
    }
    answer_name(answer, STR("ErrorMessage"));
    write_rate_exceeded(answer_begin_text(answer), stream, outcome);
    answer_end_text(answer);
}

static void write_outcome(
    struct answer *answer, const struct stream *stream, const struct outcome *outcome)
{
    answer_open_map(answer);
    if (outcome->code) {
        write_failure(answer, stream, outcome);
    } else {
        answer_name(answer, STR("SequenceNumber"));
        sequence_write(answer_begin_text(answer), outcome->sequence);
        answer_end_text(answer);
        answer_name(answer, STR("ShardId"));
        shard_id_write(answer_begin_text(answer), outcome->shard->number);
        answer_end_text(answer);
    }
    answer_close_map(answer);
}

static bool check_records(
    const struct faults *faults, const struct parameters *parameters, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    const size_t count = parameters->entries_count;
    if (!parameters->records_given)
        complain(&complaints,
            "Value null at 'records' failed to satisfy constraint: Member must not be null");
    else if (count == 0)
        complain(&complaints, "Value '[]' at 'records' failed to satisfy constraint: Member must "
                              "have length greater than or equal to 1");
    if (count > LIMIT_REQUEST_RECORDS)
        complain(&complaints,
            "Value at 'records' failed to satisfy constraint: Member must have length less than "
            "or equal to %d",
            LIMIT_REQUEST_RECORDS);
    for (size_t i = 0; i < count && i < LIMIT_REQUEST_RECORDS; i++) {
        check_entry(&complaints, &parameters->entries[i], i + 1);
        if (faults_refuse_key(faults, parameters->entries[i].partition_key.text))
            complain(&complaints,
                "Value at 'records.%zu.member' failed to satisfy constraint: "
                "fault injected by /control",
                i + 1);
    }
    return complaints_settle(&complaints, refusal);
}

static bool check_record_sizes(
    const struct parameters *parameters, const struct stream *stream, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    size_t total = 0;
    for (size_t i = 0; i < parameters->entries_count; i++) {
        check_entry_size(&complaints, &parameters->entries[i], stream, i + 1);
        total += entry_bytes(&parameters->entries[i]);
    }
    if (!complaints_settle(&complaints, refusal))
        return false;
    return total <= LIMIT_REQUEST_BYTES ||
           refuse(refusal, "InvalidArgumentException", "Records size exceeds 10 MB limit");
}

// A stream that is just being made or deleted is as if it were not there.
static struct stream *find_stream(
    struct account *account, const struct parameters *parameters, struct refusal *refusal)
{
    struct stream *stream = account_stream(account, parameters, refusal);
    if (!stream || stream->status == STREAM_ACTIVE || stream->status == STREAM_UPDATING)
        return stream;
    refuse(refusal, "ResourceNotFoundException",
        "Stream %s under account " STREAM_ACCOUNT " not found.", stream->name);
    return NULL;
}

static struct shard *choose_shard(struct account *account, struct stream *stream, hash_key_t key)
{
    struct faults *faults = &account->faults;
    if (!stream->distributes && !faults->rates.distributes)
        return stream_shard_for(stream, key);
    return &stream->shards[stream->open[random_below(&faults->random, stream->open_count)]];
}

size_t put_list(struct account *account, const struct parameters *parameters,
    struct fault_record records[LIMIT_REQUEST_RECORDS])
{
    struct refusal ignored;
    struct stream *stream = account_stream(account, parameters, &ignored);
    const size_t count = parameters->records_given ? parameters->entries_count : 1;
    for (size_t i = 0; stream && i < count && i < LIMIT_REQUEST_RECORDS; i++) {
        const struct put_entry *entry = &parameters->entries[i];
        const struct text_parameter *explicit = &entry->explicit_hash_key;
        hash_key_t key;
        if (!entry->partition_key.given ||
            (explicit->given && !hash_key_is_well_formed(explicit->text)) ||
            !find_hash_keys(entry, 1, &key, &ignored))
            return 0;
        records[i].partition_key = entry->partition_key.text;
        records[i].shard = stream_shard_for(stream, key)->number;
    }
    return stream && count <= LIMIT_REQUEST_RECORDS ? count : 0;
}

bool put_records(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    if (!check_records(&account->faults, parameters, refusal))
        return false;
    struct stream *stream = find_stream(account, parameters, refusal);
    if (!stream || !check_record_sizes(parameters, stream, refusal))
        return false;
    // Every key is looked at before any record is stored: a refusal changes nothing.
    hash_key_t keys[LIMIT_REQUEST_RECORDS];
    const size_t count = parameters->entries_count;
    if (!find_hash_keys(parameters->entries, count, keys, refusal))
        return false;

    const size_t results = spoil_results(&account->strike, count);
    size_t failed = 0;
    struct outcome outcome = {.code = NULL};
    answer_open_map(answer);
    answer_name(answer, STR("Records"));
    answer_open_array(answer);
    for (size_t i = 0; i < count; i++) {
        outcome = store(account, &parameters->entries[i], choose_shard(account, stream, keys[i]));
        failed += outcome.code != NULL;
        if (i < results)
            write_outcome(answer, stream, &outcome);
    }
    if (results > count)
        write_outcome(answer, stream, &outcome);
    answer_close_array(answer);
    answer_name(answer, STR("FailedRecordCount"));
    answer_number(answer, failed);
    answer_close_map(answer);
    return true;
}

bool put_record(struct account *account, const struct parameters *parameters, struct answer *answer,
    struct refusal *refusal)
{
    const struct put_entry *entry = &parameters->entries[0];
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    check_entry(&complaints, entry, 0);
    struct text_parameter ordering = parameters->sequence_number_for_ordering;
    struct sequence ignored;
    if (ordering.given && !sequence_parse(ordering.text, &ignored))
        complain(&complaints,
            "Value '" STR_FMT "' at 'sequenceNumberForOrdering' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,128})",
            STR_ARG(ordering.text));
    if (!complaints_settle(&complaints, refusal))
        return false;

    struct stream *stream = find_stream(account, parameters, refusal);
    hash_key_t key;
    if (!stream || !find_hash_keys(entry, 1, &key, refusal))
        return false;
    check_entry_size(&complaints, entry, stream, 0);
    if (!complaints_settle(&complaints, refusal))
        return false;

    struct outcome outcome = store(account, entry, choose_shard(account, stream, key));
    if (is_throttled(&outcome))
        return refuse_rate(refusal, stream, &outcome);
    if (outcome.code)
        return refuse_internally(refusal);
    write_outcome(answer, stream, &outcome);
    return true;
}
