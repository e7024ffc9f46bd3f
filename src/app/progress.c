#include "app/progress.h"

#include "app/pump.h"
#include "base/log.h"
#include "delivery/delivery.h"

#include <inttypes.h>

enum {
    EVERY_MS = 10000
};

void progress_init(struct progress *progress, int64_t now_ms)
{
    *progress = (struct progress){.told_at_ms = now_ms};
}

void progress_sum_up(const struct pump_counts *counts, const struct delivery *delivery)
{
    const struct delivery_counts *sent = &delivery->counts;
    log_event(LOG_INFO,
        "changes %" PRIu64 ", records stored %" PRIu64 " (%" PRIu64
        " bytes), sent again: throttled %" PRIu64 ", failed %" PRIu64 ", unanswered %" PRIu64
        "; messages skipped %" PRIu64 "; confirmed up to " LSN_FMT,
        counts->changes, sent->stored, sent->stored_bytes, sent->throttled, sent->failed,
        sent->unknown, counts->messages, LSN_ARG(delivery_flushed(delivery)));
}

void progress_tell(struct progress *progress, const struct pump_counts *counts,
    const struct delivery *delivery, int64_t now_ms)
{
    if (now_ms - progress->told_at_ms < EVERY_MS)
        return;
    progress->told_at_ms = now_ms;
    if (counts->changes == progress->changes_told &&
        delivery->counts.stored == progress->stored_told)
        return;
    progress->changes_told = counts->changes;
    progress->stored_told = delivery->counts.stored;
    progress_sum_up(counts, delivery);
}
