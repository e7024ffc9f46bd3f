#include "base/once.h"

enum {
    MINUTE_MS = 60000
};

bool once_a_minute(struct once *once, int64_t now_ms)
{
    if (now_ms < once->due_at_ms)
        return false;
    once->due_at_ms = now_ms + MINUTE_MS;
    return true;
}
