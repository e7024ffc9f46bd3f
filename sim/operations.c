#include "sim/operations.h"

static const struct operation operations[] = {
    {STR_CONST("PutRecords"), put_records},
    {STR_CONST("PutRecord"), put_record},
    {STR_CONST("GetRecords"), get_records},
    {STR_CONST("GetShardIterator"), get_shard_iterator},
    {STR_CONST("ListShards"), list_shards},
    {STR_CONST("CreateStream"), create_stream},
    {STR_CONST("DeleteStream"), delete_stream},
    {STR_CONST("DescribeStream"), describe_stream},
    {STR_CONST("DescribeStreamSummary"), describe_stream_summary},
    {STR_CONST("ListStreams"), list_streams},
    {STR_CONST("SplitShard"), split_shard},
    {STR_CONST("MergeShards"), merge_shards},
    {STR_CONST("UpdateShardCount"), update_shard_count},
    {STR_CONST("UpdateMaxRecordSize"), update_max_record_size},
    {STR_CONST("UpdateStreamRecordDistributionStrategy"), update_record_distribution},
};

const struct operation *operation_find(struct str name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (str_equal(operations[i].name, name))
            return &operations[i];
    return NULL;
}
