// once - what may be said at every turn, and is said once a minute at most.
//
// Zeroed, it was never said, and may be at once.
#ifndef PGK_BASE_ONCE_H
#define PGK_BASE_ONCE_H

#include <stdbool.h>
#include <stdint.h>

struct once {
    int64_t due_at_ms;
};

// True when it is due, and then not again for a minute: ask last, when there is something to say.
bool once_a_minute(struct once *once, int64_t now_ms);

#endif
