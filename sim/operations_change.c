#include "sim/account.h"
#include "sim/answer.h"
#include "sim/complaints.h"
#include "sim/operations.h"
#include "sim/refusal.h"
#include "sim/reshard.h"

// The stream of a request that changes it.
static struct stream *changing_stream(struct account *account, const struct parameters *parameters,
    const struct complaints *complaints, struct refusal *refusal)
{
    struct stream *stream = complaints_settle(complaints, refusal)
                                ? account_stream(account, parameters, refusal)
                                : NULL;
    return stream && account_may_change(stream, refusal) ? stream : NULL;
}

// The place of a shard that is still open.
static bool find_place(
    struct stream *stream, struct str id, uint32_t *place, struct refusal *refusal)
{
    const struct shard *shard = account_shard(stream, id, refusal);
    if (!shard)
        return false;
    *place = stream_place_of(stream, shard->first_key);
    return shard->closed_ms == 0 ||
           refuse(refusal, "InvalidArgumentException",
               "Shard " STR_FMT " in stream %s under account " STREAM_ACCOUNT
               " has already been merged or split, and thus is not eligible for merging or "
               "splitting.",
               STR_ARG(id), stream->name);
}

bool split_shard(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer; // The service's is empty too, and so are most of these.
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    require_text(&complaints, parameters->shard_to_split, "shardToSplit");
    require_text(&complaints, parameters->new_starting_hash_key, "newStartingHashKey");
    struct stream *stream = changing_stream(account, parameters, &complaints, refusal);
    uint32_t place;
    if (!stream || !find_place(stream, parameters->shard_to_split.text, &place, refusal))
        return false;

    const struct shard *shard = &stream->shards[stream->open[place]];
    struct str text = parameters->new_starting_hash_key.text;
    hash_key_t key;
    if (!hash_key_is_well_formed(text) || !hash_key_parse(text, &key) || key <= shard->first_key ||
        key > shard->last_key)
        return refuse(refusal, "InvalidArgumentException",
            "NewStartingHashKey " STR_FMT " used in SplitShard() on shard " STR_FMT
            " in stream %s under account " STREAM_ACCOUNT
            " is not both greater than one plus the shard's StartingHashKey and less than the "
            "shard's EndingHashKey.",
            STR_ARG(text), STR_ARG(parameters->shard_to_split.text), stream->name);
    reshard_split(&account->streams, stream, place, key, account->now_ms);
    account_change(account, stream, STREAM_UPDATING);
    return true;
}

bool merge_shards(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer;
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    require_text(&complaints, parameters->shard_to_merge, "shardToMerge");
    require_text(&complaints, parameters->adjacent_shard_to_merge, "adjacentShardToMerge");
    struct stream *stream = changing_stream(account, parameters, &complaints, refusal);
    uint32_t place;
    uint32_t other;
    if (!stream || !find_place(stream, parameters->shard_to_merge.text, &place, refusal) ||
        !find_place(stream, parameters->adjacent_shard_to_merge.text, &other, refusal))
        return false;
    if (place + 1 != other && other + 1 != place)
        return refuse(refusal, "InvalidArgumentException",
            "Shards " STR_FMT " and " STR_FMT " in stream %s under account " STREAM_ACCOUNT
            " are not an adjacent pair of shards eligible for merging",
            STR_ARG(parameters->shard_to_merge.text),
            STR_ARG(parameters->adjacent_shard_to_merge.text), stream->name);
    reshard_merge(&account->streams, stream, place < other ? place : other, account->now_ms);
    account_change(account, stream, STREAM_UPDATING);
    return true;
}

bool update_shard_count(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    struct complaints complaints;
    complaints_init(&complaints);
    check_stream_name(&complaints, parameters->stream_name);
    check_range(
        &complaints, parameters->target_shard_count, "targetShardCount", LIMIT_STREAM_SHARDS);
    if (!parameters->target_shard_count.given)
        complain(&complaints, "Value null at 'targetShardCount' failed to satisfy constraint: "
                              "Member must not be null");
    struct stream *stream = changing_stream(account, parameters, &complaints, refusal);
    if (!stream)
        return false;
    const uint32_t before = stream->open_count;
    const uint32_t target = (uint32_t)parameters->target_shard_count.value;
    if (target > 2 * before || 2 * target < before)
        return refuse(refusal, "InvalidArgumentException",
            "UpdateShardCount cannot scale to more than double or less than half of the current "
            "open shard count.");
    reshard_to_count(&account->streams, stream, target, account->now_ms);
    account_change(account, stream, STREAM_UPDATING);

    answer_open_map(answer);
    answer_name(answer, STR("StreamName"));
    answer_text(answer, str_from_c(stream->name));
    answer_name(answer, STR("CurrentShardCount"));
    answer_number(answer, before);
    answer_name(answer, STR("TargetShardCount"));
    answer_number(answer, target);
    answer_close_map(answer);
    return true;
}

bool update_max_record_size(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer;
    struct complaints complaints;
    complaints_init(&complaints);
    check_range(
        &complaints, parameters->record_kib_max, "maxRecordSizeInKiB", LIMIT_RECORD_KIB_MAX);
    if (!parameters->record_kib_max.given ||
        parameters->record_kib_max.value < LIMIT_RECORD_KIB_DEFAULT)
        complain(&complaints, "Value at 'maxRecordSizeInKiB' failed to satisfy constraint: Member "
                              "must have value greater than or equal to 1024");
    struct stream *stream = changing_stream(account, parameters, &complaints, refusal);
    if (!stream)
        return false;
    stream->record_kib_max = (uint32_t)parameters->record_kib_max.value;
    account_change(account, stream, STREAM_UPDATING);
    return true;
}

// Has effect at once, and on streams of any mode: what AWS allows of it is for the sender to know.
bool update_record_distribution(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal)
{
    (void)answer;
    struct complaints complaints;
    complaints_init(&complaints);
    struct text_parameter strategy = parameters->distribution;
    const bool is_auto = strategy.given && str_equal(strategy.text, STR("AUTO"));
    if (!is_auto && !(strategy.given && str_equal(strategy.text, STR("USER_PARTITION_KEY"))))
        complain(&complaints, "Value at 'recordDistributionStrategy' failed to satisfy constraint: "
                              "Member must satisfy enum value set: [AUTO, USER_PARTITION_KEY]");
    struct stream *stream = changing_stream(account, parameters, &complaints, refusal);
    if (!stream)
        return false;
    stream->distributes = is_auto;
    account_change(account, stream, STREAM_UPDATING);
    return true;
}
