// parameters - what a request of any operation asks, read from its JSON body in one pass.
//
// Members that no operation has are passed over; a member of the wrong type is refused. A null
// counts as not given.
//
// Memory: all strings borrow from the body, which is spent (json_reader.h).
#ifndef SIM_PARAMETERS_H
#define SIM_PARAMETERS_H

#include "base/str.h"
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
    struct str base64; // Valid.
    size_t bytes;      // That it stands for.
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

bool parameters_read(
    struct parameters *parameters, char *body, size_t len, struct refusal *refusal);

#endif
