// parameters - what a request of any operation asks, read from its body in one pass.
//
// Members that no operation has are passed over; a member of the wrong type is refused. A null
// counts as not given.
//
// Memory: all strings borrow from the body, which is spent (document.h).
#ifndef SIM_PARAMETERS_H
#define SIM_PARAMETERS_H

#include "base/document.h"
#include "sim/limits.h"

struct refusal;

struct text_parameter {
    struct str text;
    bool given;
};

struct number_parameter {
    int64_t value;
    bool given;
};

struct blob_parameter {
    struct str text;
    bool is_base64; // Valid Base64; else the text is the bytes.
    size_t bytes;   // That it stands for.
    bool given;
};

struct put_entry {
    struct text_parameter partition_key;
    struct text_parameter explicit_hash_key;
    struct blob_parameter data;
};

struct parameters {
    struct text_parameter stream_name;
    struct text_parameter stream_arn;
    struct text_parameter stream_mode;
    struct number_parameter shard_count;

    struct text_parameter shard_to_split;
    struct text_parameter new_starting_hash_key;
    struct text_parameter shard_to_merge;
    struct text_parameter adjacent_shard_to_merge;
    struct number_parameter target_shard_count;
    struct number_parameter record_kib_max; // MaxRecordSizeInKiB
    struct text_parameter distribution;     // RecordDistributionStrategy

    struct number_parameter limit;
    struct number_parameter max_results;
    struct text_parameter next_token;
    struct text_parameter start_shard_id;    // ExclusiveStartShardId
    struct text_parameter start_stream_name; // ExclusiveStartStreamName
    struct text_parameter filter_type;
    struct text_parameter filter_shard_id;
    struct number_parameter filter_time_ms;

    struct text_parameter shard_id;
    struct text_parameter iterator_type;
    struct text_parameter start_sequence_number;
    struct number_parameter time_ms;
    struct text_parameter iterator;

    struct text_parameter sequence_number_for_ordering;
    bool records_given;
    size_t entries_count; // May be more than there is room for; those are not kept.
    struct put_entry entries[LIMIT_REQUEST_RECORDS]; // PutRecord's own is the first.
};

// The body is in the form that the request says it is in; what is not is refused.
bool parameters_read(struct parameters *parameters, struct document body, struct refusal *refusal);

#endif
