// operations - the service's verbs, a family a file.
//
// Each one does its work, writes its answer, or refuses. A refusal has changed nothing.
#ifndef SIM_OPERATIONS_H
#define SIM_OPERATIONS_H

#include "sim/fault_rules.h"
#include "sim/limits.h"

struct account;
struct answer;
struct parameters;
struct refusal;

typedef bool operation_run(struct account *account, const struct parameters *parameters,
    struct answer *answer, struct refusal *refusal);

struct operation {
    struct str name;
    operation_run *run;
};

// NULL when there is none of that name.
const struct operation *operation_find(struct str name);

// operations_streams.c
operation_run create_stream;
operation_run delete_stream;
operation_run describe_stream;
operation_run describe_stream_summary;
operation_run list_streams;

// operations_change.c
operation_run split_shard;
operation_run merge_shards;
operation_run update_shard_count;
operation_run update_max_record_size;
operation_run update_record_distribution;

// operations_shards.c
operation_run list_shards;
struct shard;
void shard_write_range(struct answer *answer, const struct shard *shard); // HashKeyRange
void shard_write(struct answer *answer, const struct shard *shard); // As the API describes one.

// operations_put.c
operation_run put_record;
operation_run put_records;
// The records of a put, and the shards that they would go to; none when it would be refused.
size_t put_list(struct account *account, const struct parameters *parameters,
    struct fault_record records[LIMIT_REQUEST_RECORDS]);

// operations_get.c
operation_run get_shard_iterator;
operation_run get_records;

#endif
