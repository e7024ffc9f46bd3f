#include "app/progress.h"

#include "app/pump.h"
#include "base/log.h"
#include "delivery/delivery.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    EVERY_MS = 10000
};

void progress_init(struct progress *progress, int64_t now_ms)
{
    *progress = (struct progress){.told_at_ms = now_ms};
}

// How many entries of requests the records were; "" where each is one by itself.
struct entries_told {
    char text[40];
};

static struct entries_told entries_of(const struct delivery *delivery)
{
    struct entries_told told = {.text = ""};
    if (delivery->options.entry_bytes_max > 0)
        snprintf(told.text, sizeof told.text, " as %" PRIu64 " entries",
            delivery->counts.entries_stored);
    return told;
}

void progress_sum_up(const struct pump *pump)
{
    const struct delivery_counts *sent = &pump->delivery->counts;
    const struct misfit_counts *misfits = &pump->intake.misfits.counts;
    log_event(LOG_INFO,
        "changes %" PRIu64 ", records stored %" PRIu64 " (%" PRIu64
        " bytes)%s, sent again: throttled %" PRIu64 ", failed %" PRIu64 ", unanswered %" PRIu64
        ", out of order %" PRIu64 "; skipped: messages %" PRIu64 ", oversize %" PRIu64
        ", refused %" PRIu64 "; elided %" PRIu64 "; bytes replaced %" PRIu64
        "; confirmed up to " LSN_FMT,
        pump->intake.counts.changes, sent->stored, sent->stored_bytes,
        entries_of(pump->delivery).text, sent->throttled, sent->failed, sent->unknown,
        sent->inverted, pump->intake.counts.messages, misfits->oversize, misfits->refused,
        misfits->elided, pump->intake.counts.invalid_bytes,
        LSN_ARG(delivery_flushed(pump->delivery)));
}

void progress_tell(struct progress *progress, const struct pump *pump, int64_t now_ms)
{
    if (now_ms - progress->told_at_ms < EVERY_MS)
        return;
    progress->told_at_ms = now_ms;
    uint64_t changes = pump->intake.counts.changes;
    uint64_t stored = pump->delivery->counts.stored;
    if (changes == progress->changes_told && stored == progress->stored_told)
        return;
    progress->changes_told = changes;
    progress->stored_told = stored;
    progress_sum_up(pump);
}
