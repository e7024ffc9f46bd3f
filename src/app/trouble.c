#include "app/trouble.h"

#include "app/misfits.h"
#include "base/log.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/sink.h"

enum {
    HOLD_MS_FIRST = 1000,
    HOLD_MS_MAX = 30000,
    REFUSED_ALONE_MAX = 2 // Skipped in a row, that is.
};

void trouble_init(struct trouble *trouble, struct delivery *delivery, struct misfits *misfits,
    const struct sink *sink)
{
    *trouble = (struct trouble){.delivery = delivery, .misfits = misfits, .sink = sink};
}

// What passes may be told; what needs the operator is told at once, whatever was said before.
static void complain(struct trouble *trouble, const struct err *err, int64_t now_ms)
{
    if (err->kind == ERR_OPERATOR && trouble->warned_kind != ERR_OPERATOR)
        trouble->warning = (struct once){0};
    if (!once_a_minute(&trouble->warning, now_ms))
        return;
    trouble->warned_kind = err->kind;
    log_event(LOG_WARNING, "cannot deliver, trying on: %s", err->text);
}

static void hold(struct trouble *trouble, int64_t now_ms)
{
    // Requests that were out together are refused together.
    if (now_ms < trouble->held_until_ms)
        return;
    trouble->hold_ms = trouble->hold_ms > 0 ? 2 * trouble->hold_ms : HOLD_MS_FIRST;
    if (trouble->hold_ms > HOLD_MS_MAX)
        trouble->hold_ms = HOLD_MS_MAX;
    trouble->held_until_ms = now_ms + trouble->hold_ms;
    delivery_hold(trouble->delivery, trouble->held_until_ms);
}

static enum trouble_verdict judge_failure(
    struct trouble *trouble, const struct err *cause, int64_t now_ms, struct err *err)
{
    bool hopeless = cause->kind == ERR_OPERATOR &&
                    (trouble->delivery->counts.stored == 0 || trouble->sink->refuses_for_good);
    if (cause->kind == ERR_FINAL || hopeless) {
        *err = *cause;
        return hopeless ? TROUBLE_REFUSED : TROUBLE_STUCK;
    }
    if (cause->kind == ERR_OPERATOR)
        hold(trouble, now_ms);
    complain(trouble, cause, now_ms);
    return TROUBLE_PASSES;
}

// A request that the service refuses for what is in it. Delivery finds the record; here it is.
static enum trouble_verdict judge_alone(
    struct trouble *trouble, struct batch *batch, int64_t now_ms, struct err *err)
{
    struct record *record = batch->records[0];
    bool skips = trouble->misfits->refused == REFUSED_SKIP;
    if (skips && trouble->refused_alone >= REFUSED_ALONE_MAX) {
        struct err cause = batch->err;
        err_set(&batch->err, ERR_OPERATOR,
            "the service refuses record after record, even alone, and none is skipped any more: %s",
            misfits_cause(record, &cause));
        err_hint(&batch->err, "see that the endpoint is Kinesis, and no proxy answers for it");
        return judge_failure(trouble, &batch->err, now_ms, err);
    }
    trouble->refused_alone++;
    if (!misfits_skip_refused(trouble->misfits, record, &batch->err, err))
        return TROUBLE_STUCK;
    batch->outcomes[0] = OUTCOME_SKIPPED;
    return TROUBLE_PASSES;
}

enum trouble_verdict trouble_judge(
    struct trouble *trouble, struct batch *batch, int64_t now_ms, struct err *err)
{
    if (batch->err.kind == ERR_NONE)
        return TROUBLE_PASSES;
    if (batch->err.kind != ERR_DATA)
        return judge_failure(trouble, &batch->err, now_ms, err);
    return batch->record_count > 1 ? TROUBLE_PASSES : judge_alone(trouble, batch, now_ms, err);
}

void trouble_look(struct trouble *trouble)
{
    if (trouble->delivery->counts.stored == trouble->stored)
        return;
    trouble->stored = trouble->delivery->counts.stored;
    trouble->refused_alone = 0;
    if (trouble->hold_ms > 0)
        log_event(LOG_INFO, "records are stored again");
    trouble->hold_ms = 0;
}
