#include "sim/parameters.h"

#include "sim/blob.h"
#include "sim/refusal.h"

#include <math.h>
#include <string.h>

enum member_kind {
    MEMBER_TEXT,
    MEMBER_NUMBER,
    MEMBER_TIME, // Since 1970: see read_time().
    MEMBER_BLOB,
    MEMBER_MODE,   // StreamModeDetails
    MEMBER_FILTER, // ShardFilter
    MEMBER_RECORDS
};

struct member {
    struct str name;
    enum member_kind kind;
    size_t offset; // In what the table describes.
};

struct member_table {
    const struct member *members;
    size_t count;
};

#define AT(field) offsetof(struct parameters, field)
static const struct member request_members[] = {
    {STR_CONST("Records"), MEMBER_RECORDS, 0},
    {STR_CONST("StreamName"), MEMBER_TEXT, AT(stream_name)},
    {STR_CONST("StreamARN"), MEMBER_TEXT, AT(stream_arn)},
    {STR_CONST("StreamModeDetails"), MEMBER_MODE, 0},
    {STR_CONST("ShardCount"), MEMBER_NUMBER, AT(shard_count)},
    {STR_CONST("ShardToSplit"), MEMBER_TEXT, AT(shard_to_split)},
    {STR_CONST("NewStartingHashKey"), MEMBER_TEXT, AT(new_starting_hash_key)},
    {STR_CONST("ShardToMerge"), MEMBER_TEXT, AT(shard_to_merge)},
    {STR_CONST("AdjacentShardToMerge"), MEMBER_TEXT, AT(adjacent_shard_to_merge)},
    {STR_CONST("TargetShardCount"), MEMBER_NUMBER, AT(target_shard_count)},
    {STR_CONST("MaxRecordSizeInKiB"), MEMBER_NUMBER, AT(record_kib_max)},
    {STR_CONST("RecordDistributionStrategy"), MEMBER_TEXT, AT(distribution)},
    {STR_CONST("Limit"), MEMBER_NUMBER, AT(limit)},
    {STR_CONST("MaxResults"), MEMBER_NUMBER, AT(max_results)},
    {STR_CONST("NextToken"), MEMBER_TEXT, AT(next_token)},
    {STR_CONST("ExclusiveStartShardId"), MEMBER_TEXT, AT(start_shard_id)},
    {STR_CONST("ExclusiveStartStreamName"), MEMBER_TEXT, AT(start_stream_name)},
    {STR_CONST("ShardFilter"), MEMBER_FILTER, 0},
    {STR_CONST("ShardId"), MEMBER_TEXT, AT(shard_id)},
    {STR_CONST("ShardIteratorType"), MEMBER_TEXT, AT(iterator_type)},
    {STR_CONST("StartingSequenceNumber"), MEMBER_TEXT, AT(start_sequence_number)},
    {STR_CONST("Timestamp"), MEMBER_TIME, AT(time_ms)},
    {STR_CONST("ShardIterator"), MEMBER_TEXT, AT(iterator)},
    {STR_CONST("SequenceNumberForOrdering"), MEMBER_TEXT, AT(sequence_number_for_ordering)},
    {STR_CONST("PartitionKey"), MEMBER_TEXT, AT(entries[0].partition_key)},
    {STR_CONST("ExplicitHashKey"), MEMBER_TEXT, AT(entries[0].explicit_hash_key)},
    {STR_CONST("Data"), MEMBER_BLOB, AT(entries[0].data)},
};
static const struct member mode_members[] = {
    {STR_CONST("StreamMode"), MEMBER_TEXT, AT(stream_mode)},
};
static const struct member filter_members[] = {
    {STR_CONST("Type"), MEMBER_TEXT, AT(filter_type)},
    {STR_CONST("ShardId"), MEMBER_TEXT, AT(filter_shard_id)},
    {STR_CONST("Timestamp"), MEMBER_TIME, AT(filter_time_ms)},
};
#undef AT

#define AT(field) offsetof(struct put_entry, field)
static const struct member entry_members[] = {
    {STR_CONST("Data"), MEMBER_BLOB, AT(data)},
    {STR_CONST("PartitionKey"), MEMBER_TEXT, AT(partition_key)},
    {STR_CONST("ExplicitHashKey"), MEMBER_TEXT, AT(explicit_hash_key)},
};
#undef AT

#define TABLE(members) ((struct member_table){(members), sizeof(members) / sizeof(members)[0]})

struct reading {
    struct document body;
    struct refusal *refusal;
    bool refused; // As it says there; else what fails is the form itself.
};

static void refuse_value(struct reading *reading, const char *message)
{
    if (!reading->refused && !document_has_failed(&reading->body))
        refuse(reading->refusal, "SerializationException", "%s", message);
    reading->refused = true;
    document_fail(&reading->body);
}

// Whether the next value is of the kind wanted; if not, it is refused in the service's words.
static bool expect(struct reading *reading, enum cbor_kind wanted)
{
    enum cbor_kind kind = document_peek(&reading->body);
    if (kind == wanted)
        return true;
    switch (kind) {
    case CBOR_KIND_MAP:
        refuse_value(reading, "Start of structure or map found where not expected.");
        break;
    case CBOR_KIND_ARRAY:
        refuse_value(reading, "Start of list found where not expected");
        break;
    case CBOR_KIND_TEXT:
        refuse_value(reading, "STRING_VALUE can not be converted to the member's type");
        break;
    case CBOR_KIND_BYTES:
        refuse_value(reading, "BINARY_VALUE can not be converted to the member's type");
        break;
    case CBOR_KIND_NUMBER:
        refuse_value(reading, "NUMBER_VALUE can not be converted to the member's type");
        break;
    case CBOR_KIND_TRUE:
    case CBOR_KIND_FALSE:
        refuse_value(reading, "BOOLEAN_VALUE can not be converted to the member's type");
        break;
    case CBOR_KIND_NULL:
    case CBOR_KIND_INVALID:
        document_fail(&reading->body);
        break;
    }
    return false;
}

static void read_text(struct reading *reading, struct text_parameter *text)
{
    if (!expect(reading, CBOR_KIND_TEXT))
        return;
    text->text = document_text(&reading->body);
    text->given = true;
}

static void read_number(struct reading *reading, struct number_parameter *number, double unit)
{
    if (!expect(reading, CBOR_KIND_NUMBER))
        return;
    double value = floor(document_number(&reading->body) * unit);
    // What a double holds exactly; the service's own numbers are far smaller.
    const double most = 9007199254740992.0;
    if (!(value >= -most && value <= most)) {
        refuse_value(reading, "NUMBER_VALUE is out of range");
        return;
    }
    number->value = (int64_t)value;
    number->given = true;
}

// JSON has seconds, maybe with a fraction, maybe as 1.7E9; CBOR has milliseconds.
static void read_time(struct reading *reading, struct number_parameter *time_ms)
{
    read_number(reading, time_ms, reading->body.form == DOCUMENT_JSON ? 1000 : 1);
}

static void read_base64(struct reading *reading, struct blob_parameter *blob)
{
    if (!expect(reading, CBOR_KIND_TEXT))
        return;
    *blob = (struct blob_parameter){
        .text = document_text(&reading->body),
        .is_base64 = true,
        .given = true,
    };
    if (!document_has_failed(&reading->body) && !blob_measure(blob->text, &blob->bytes))
        refuse_value(reading, "The value can not be converted to a Blob: Invalid Base64");
}

static void read_bytes(struct reading *reading, struct blob_parameter *blob)
{
    if (!expect(reading, CBOR_KIND_BYTES))
        return;
    const struct str bytes = cbor_bytes(&reading->body.cbor);
    *blob = (struct blob_parameter){.text = bytes, .bytes = bytes.len, .given = true};
}

static void read_blob(struct reading *reading, struct blob_parameter *blob)
{
    if (reading->body.form == DOCUMENT_JSON)
        read_base64(reading, blob);
    else
        read_bytes(reading, blob);
}

static void read_object(struct reading *reading, struct member_table table, void *into);

static void read_records(struct reading *reading, struct parameters *parameters)
{
    if (!expect(reading, CBOR_KIND_ARRAY))
        return;
    parameters->records_given = true;
    parameters->entries_count = 0;
    document_enter_array(&reading->body);
    while (document_element(&reading->body)) {
        struct put_entry surplus;
        struct put_entry *entry = parameters->entries_count < LIMIT_REQUEST_RECORDS
                                      ? &parameters->entries[parameters->entries_count]
                                      : &surplus;
        *entry = (struct put_entry){.data.given = false};
        parameters->entries_count++;
        read_object(reading, TABLE(entry_members), entry);
    }
}

static void read_member(struct reading *reading, const struct member *member, void *into)
{
    void *field = (char *)into + member->offset;
    if (document_peek(&reading->body) == CBOR_KIND_NULL) {
        document_skip(&reading->body);
        return;
    }
    switch (member->kind) {
    case MEMBER_TEXT:
        read_text(reading, field);
        break;
    case MEMBER_NUMBER:
        read_number(reading, field, 1);
        break;
    case MEMBER_TIME:
        read_time(reading, field);
        break;
    case MEMBER_BLOB:
        read_blob(reading, field);
        break;
    case MEMBER_MODE:
        read_object(reading, TABLE(mode_members), into);
        break;
    case MEMBER_FILTER:
        read_object(reading, TABLE(filter_members), into);
        break;
    case MEMBER_RECORDS:
        read_records(reading, into);
        break;
    }
}

static const struct member *find_member(struct member_table table, struct str name)
{
    for (size_t i = 0; i < table.count; i++)
        if (str_equal(table.members[i].name, name))
            return &table.members[i];
    return NULL;
}

static void read_object(struct reading *reading, struct member_table table, void *into)
{
    if (!expect(reading, CBOR_KIND_MAP))
        return;
    struct str name;
    document_enter_map(&reading->body);
    while (document_member(&reading->body, &name)) {
        const struct member *member = find_member(table, name);
        if (member)
            read_member(reading, member, into);
        else
            document_skip(&reading->body);
    }
}

// All but the entries, which are many and initialized as they are read.
static void clear(struct parameters *parameters)
{
    const size_t before_entries = offsetof(struct parameters, entries);
    memset(parameters, 0, before_entries + sizeof parameters->entries[0]);
}

bool parameters_read(struct parameters *parameters, struct document body, struct refusal *refusal)
{
    clear(parameters);
    struct reading reading = {.body = body, .refusal = refusal};
    read_object(&reading, TABLE(request_members), parameters);
    if (document_done(&reading.body))
        return true;
    return reading.refused ? false : refuse(refusal, "SerializationException", "%s", "");
}
