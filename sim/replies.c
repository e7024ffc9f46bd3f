#include "sim/replies.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

void replies_init(struct replies *replies)
{
    *replies = (struct replies){.fates = NULL};
}

void replies_release(struct replies *replies)
{
    free(replies->fates);
    replies_init(replies);
}

uint64_t replies_begin(struct replies *replies)
{
    assert(replies->count < UINT32_MAX); // The logs keep numbers of 32 bits.
    if (replies->count == replies->capacity) {
        replies->capacity = replies->capacity > 0 ? 2 * replies->capacity : 1024;
        replies->fates = alloc_resize(replies->fates, replies->capacity);
    }
    replies->fates[replies->count++] = REPLY_PENDING;
    return replies->count;
}

void replies_settle(struct replies *replies, uint64_t request, enum reply_fate fate)
{
    assert(request > 0 && request <= replies->count);
    assert(replies->fates[request - 1] == REPLY_PENDING);
    replies->fates[request - 1] = (uint8_t)fate;
}

struct str replies_fate_name(const struct replies *replies, uint64_t request)
{
    static const struct str names[] = {
        [REPLY_PENDING] = STR_CONST("pending"),
        [REPLY_DELIVERED] = STR_CONST("delivered"),
        [REPLY_DROPPED] = STR_CONST("dropped"),
        [REPLY_SPOILED] = STR_CONST("spoiled"),
        [REPLY_BROKEN] = STR_CONST("broken"),
    };
    assert(request > 0 && request <= replies->count);
    return names[replies->fates[request - 1]];
}
