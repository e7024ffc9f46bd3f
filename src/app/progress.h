// progress - a line every ten seconds while something moves: what came, what was stored.
#ifndef PGK_APP_PROGRESS_H
#define PGK_APP_PROGRESS_H

#include <stdint.h>

struct buf;
struct pump;

struct progress {
    int64_t told_at_ms;
    uint64_t changes_told;
    uint64_t stored_told;
};

void progress_init(struct progress *progress, int64_t now_ms);

// Writes the line when it is time and something moved since the last one.
void progress_tell(struct progress *progress, const struct pump *pump, int64_t now_ms);

// Writes it in any case: the last word.
void progress_sum_up(const struct pump *pump);

// The line. It tells of what is unusual, from records sent again to bytes replaced, only where
// there was any.
void progress_write(const struct pump *pump, struct buf *line);

#endif
