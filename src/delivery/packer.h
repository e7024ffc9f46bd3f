// packer - the unit of request: fills batches from ready lanes, within what a request may hold.
//
// One entry of a lane a request: PutRecords promises no order within a request
// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html). A sink that writes
// in order takes a lane's records as they come.
#ifndef PGK_DELIVERY_PACKER_H
#define PGK_DELIVERY_PACKER_H

#include <stdint.h>

struct batch;
struct gates;
struct lanes;

enum packing {
    PACKING_ONE_OF_A_LANE,
    PACKING_IN_ORDER // There is one lane; the sink stores a batch in its order, from its first
                     // record on: nothing behind one that it did not store.
};

// A batch of what is ready and passes its gate, NULL when nothing does. The caller owns it with its
// records.
struct batch *packer_pack(
    struct lanes *lanes, struct gates *gates, enum packing packing, int64_t now_ms);

#endif
