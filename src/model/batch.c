#include "model/batch.h"

#include "model/record.h"

#include <stdlib.h>

void batch_free(struct batch *batch)
{
    for (size_t i = 0; batch && i < batch->count; i++)
        record_free_chain(batch->records[i]);
    free(batch);
}

void batch_settle_all(struct batch *batch, enum outcome outcome)
{
    for (size_t i = 0; i < batch->count; i++)
        batch->outcomes[i] = outcome;
}
