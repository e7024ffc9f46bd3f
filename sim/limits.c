#include "sim/limits.h"

void shard_pace_init(struct shard_pace *pace, int64_t now_ms)
{
    *pace = (struct shard_pace){
        .filled_ms = now_ms,
        .records = LIMIT_SHARD_RECORDS,
        .bytes = LIMIT_SHARD_BYTES,
    };
}

static double filled(double level, double capacity, int64_t elapsed_ms)
{
    level += capacity * (double)elapsed_ms / 1000;
    return level < capacity ? level : capacity;
}

bool shard_pace_take(struct shard_pace *pace, size_t bytes, int64_t now_ms)
{
    if (now_ms > pace->filled_ms) {
        int64_t elapsed_ms = now_ms - pace->filled_ms;
        pace->records = filled(pace->records, LIMIT_SHARD_RECORDS, elapsed_ms);
        pace->bytes = filled(pace->bytes, LIMIT_SHARD_BYTES, elapsed_ms);
        pace->filled_ms = now_ms;
    }
    const double wanted = (double)bytes < LIMIT_SHARD_BYTES ? (double)bytes : LIMIT_SHARD_BYTES;
    if (pace->records < 1 || pace->bytes < wanted)
        return false;
    pace->records -= 1;
    pace->bytes -= (double)bytes;
    return true;
}
