#include "app/progress.h"

#include "app/pump.h"
#include "base/buf.h"
#include "base/log.h"
#include "delivery/delivery.h"

#include <inttypes.h>

enum {
    EVERY_MS = 10000,
    LINE_BYTES_MAX = 1024
};

void progress_init(struct progress *progress, int64_t now_ms)
{
    *progress = (struct progress){.told_at_ms = now_ms};
}

struct tally {
    const char *name;
    uint64_t count;
};

// Such as "; skipped: oversize 2, refused 1"; nothing when nothing is counted.
static void write_tallies(
    struct buf *line, const char *heading, const struct tally *tallies, size_t count)
{
    const char *before = heading;
    for (size_t i = 0; i < count; i++) {
        if (tallies[i].count == 0)
            continue;
        buf_printf(line, "%s%s %" PRIu64, before, tallies[i].name, tallies[i].count);
        before = ", ";
    }
}

#define WRITE_TALLIES(line, heading, tallies)                                                      \
    write_tallies(line, heading, tallies, sizeof(tallies) / sizeof *(tallies))

void progress_write(const struct pump *pump, struct buf *line)
{
    const struct delivery_counts *sent = &pump->delivery->counts;
    const struct intake_counts *taken = &pump->intake.counts;
    const struct misfit_counts *misfits = &pump->intake.misfits.counts;
    const struct tally again[] = {{"throttled", sent->throttled}, {"failed", sent->failed},
        {"unanswered", sent->unknown}, {"out of order", sent->inverted}};
    const struct tally skipped[] = {{"messages", taken->messages}, {"oversize", misfits->oversize},
        {"refused", misfits->refused}};
    const struct tally altered[] = {
        {"elided", misfits->elided}, {"bytes replaced", taken->invalid_bytes}};

    buf_printf(line, "changes %" PRIu64 ", records stored %" PRIu64 " (%" PRIu64 " bytes)",
        taken->changes, sent->stored, sent->stored_bytes);
    if (pump->delivery->options.entry_bytes_max > 0)
        buf_printf(line, " as %" PRIu64 " entries", sent->entries_stored);
    buf_printf(line, ", confirmed up to " LSN_FMT, LSN_ARG(delivery_flushed(pump->delivery)));
    WRITE_TALLIES(line, "; sent again: ", again);
    WRITE_TALLIES(line, "; skipped: ", skipped);
    WRITE_TALLIES(line, "; altered: ", altered);
}

void progress_sum_up(const struct pump *pump)
{
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    progress_write(pump, &line);
    log_event(LOG_INFO, "%s", buf_c(&line));
    buf_release(&line);
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
