#include "sim/account.h"

#include "sim/complaints.h"
#include "sim/refusal.h"

#include <string.h>

void account_init(struct account *account, struct account_rules rules)
{
    *account = (struct account){.rules = rules, .region = STR("us-east-1")};
    streams_init(&account->streams);
    replies_init(&account->replies);
    buf_init(&account->decoded, LIMIT_DATA_BYTES + 2);
}

void account_release(struct account *account)
{
    streams_release(&account->streams);
    replies_release(&account->replies);
    buf_release(&account->decoded);
    if (account->arrivals)
        fclose(account->arrivals);
}

// "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME"; any region and any account are ours.
static bool parse_arn(struct str arn, struct str *name)
{
    struct str rest = arn;
    struct str scheme = str_cut(&rest, ':');
    struct str partition = str_cut(&rest, ':');
    struct str service = str_cut(&rest, ':');
    str_cut(&rest, ':');
    struct str number = str_cut(&rest, ':');
    struct str resource = str_cut(&rest, '/');
    *name = rest;
    return str_equal(scheme, STR("arn")) && str_starts_with(partition, STR("aws")) &&
           str_equal(service, STR("kinesis")) && number.len == 12 &&
           str_equal(resource, STR("stream")) && stream_name_is_valid(*name);
}

struct stream *account_stream(
    struct account *account, const struct parameters *parameters, struct refusal *refusal)
{
    struct str name = parameters->stream_name.text;
    if (parameters->stream_arn.given) {
        struct str named;
        if (!parse_arn(parameters->stream_arn.text, &named)) {
            refuse(refusal, "ValidationException",
                "1 validation error detected: Value '" STR_FMT "' at 'streamARN' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: "
                "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
                STR_ARG(parameters->stream_arn.text));
            return NULL;
        }
        if (parameters->stream_name.given && !str_equal(name, named)) {
            refuse(refusal, "InvalidArgumentException", "StreamARN and StreamName do not match.");
            return NULL;
        }
        name = named;
    } else if (!parameters->stream_name.given) {
        refuse(refusal, "InvalidArgumentException",
            "Either StreamName or StreamARN must be provided.");
        return NULL;
    }
    struct stream *stream = streams_find(&account->streams, name);
    if (!stream)
        refuse(refusal, "ResourceNotFoundException",
            "Stream " STR_FMT " under account " STREAM_ACCOUNT " not found.", STR_ARG(name));
    return stream;
}

struct shard *account_shard(struct stream *stream, struct str id, struct refusal *refusal)
{
    uint32_t number;
    if (!shard_id_parse(id, &number)) {
        refuse(refusal, "ResourceNotFoundException",
            "Could not find shard " STR_FMT " in stream %s under account " STREAM_ACCOUNT ".",
            STR_ARG(id), stream->name);
        return NULL;
    }
    if (number >= stream->shards_count) {
        refuse(refusal, "ResourceNotFoundException",
            "Shard " STR_FMT " in stream %s under account " STREAM_ACCOUNT " does not exist",
            STR_ARG(id), stream->name);
        return NULL;
    }
    return &stream->shards[number];
}

bool account_may_change(const struct stream *stream, struct refusal *refusal)
{
    return stream->status == STREAM_ACTIVE ||
           refuse(refusal, "ResourceInUseException",
               "Stream %s under account " STREAM_ACCOUNT " not ACTIVE, instead in state " STR_FMT,
               stream->name, STR_ARG(stream_status_name(stream)));
}

void account_change(struct account *account, struct stream *stream, enum stream_status change)
{
    stream->status = change;
    stream->status_until_ms = account->now_ms + account->faults.rates.change_ms;
    streams_settle(&account->streams, account->now_ms);
}

void account_write_arn(struct buf *buf, const struct account *account, const struct stream *stream)
{
    buf_printf(buf, "arn:aws:kinesis:" STR_FMT ":" STREAM_ACCOUNT ":stream/%s",
        STR_ARG(account->region), stream->name);
}
