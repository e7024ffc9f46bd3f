#include "app/intake.h"

#include "base/log.h"
#include "delivery/delivery.h"
#include "encode/elide.h"
#include "encode/partition_key.h"
#include "model/record.h"
#include "model/relation.h"

#include <assert.h>
#include <inttypes.h>

enum {
    OPENING_BYTES_MAX = 80
};

void intake_init(struct intake *intake, struct delivery *delivery, size_t record_bytes_max)
{
    *intake = (struct intake){
        .delivery = delivery,
        .record_bytes_max = record_bytes_max,
        .opening_s = -1,
    };
    partition_key_init(&intake->key);
    buf_init(&intake->data, record_bytes_max);
    buf_init(&intake->opening, OPENING_BYTES_MAX);
    intake->frame.opening = STR("");
}

void intake_bound_records(struct intake *intake, size_t record_bytes_max)
{
    intake->record_bytes_max = record_bytes_max;
    buf_release(&intake->data);
    buf_init(&intake->data, record_bytes_max);
}

void intake_release(struct intake *intake)
{
    buf_release(&intake->key);
    buf_release(&intake->data);
    buf_release(&intake->opening);
    misfits_close(&intake->misfits);
}

// What is queued is thrown away; so the oldest transaction that owes is stored up to its first
// change that is queued. When none owes, what was noted before is still being passed over, or is no
// more.
static void note_delivered(struct intake *intake)
{
    struct delivery_debt debt;
    if (!delivery_oldest_debt(intake->delivery, &debt))
        return;
    uint64_t stored = debt.ordinal > 0 ? debt.ordinal - 1 : intake->open.ordinal;
    intake->delivered = (struct txn_progress){.xid = debt.xid, .ordinal = stored};
}

void intake_restart(struct intake *intake, lsn_t flushed, bool same_log)
{
    note_delivered(intake);
    if (!same_log)
        intake->delivered.xid = 0;
    intake->open.xid = 0;
    delivery_restart(intake->delivery, flushed);
}

void intake_tell_time(struct intake *intake, int64_t wall_us)
{
    if (wall_us / 1000000 == intake->opening_s)
        return;
    intake->opening_s = wall_us / 1000000;
    buf_clear(&intake->opening);
    json_write_opening(&intake->opening, wall_us);
    intake->frame.opening = buf_str(&intake->opening);
}

static void tell_invalid_bytes(struct intake *intake, int64_t now_ms)
{
    uint64_t untold = intake->counts.invalid_bytes - intake->invalid_told;
    if (untold == 0 || !once_a_minute(&intake->invalid_warning, now_ms))
        return;
    intake->invalid_told = intake->counts.invalid_bytes;
    log_event(LOG_WARNING,
        "%" PRIu64 " bytes are no character and were replaced by U+FFFD, the first in %s%s", untold,
        intake->invalid_in.text[0] ? "table " : "a message", intake->invalid_in.text);
}

void intake_tell(struct intake *intake, int64_t now_ms)
{
    misfits_tell(&intake->misfits, now_ms);
    tell_invalid_bytes(intake, now_ms);
}

// Not compiled into its caller, whose records hold none.
__attribute__((noinline)) static void count_invalid(
    struct intake *intake, const struct relation *relation, size_t invalid)
{
    if (intake->invalid_told == intake->counts.invalid_bytes)
        intake->invalid_in = err_quote(relation->quoted);
    intake->counts.invalid_bytes += invalid;
}

static void encode(struct intake *intake, struct buf *data, const struct event *event,
    const struct relation *relation)
{
    size_t invalid = 0;
    if (event->kind == EVENT_CHANGE)
        invalid = json_encode_change(data, event, &intake->frame);
    else if (event->kind == EVENT_TRUNCATE)
        invalid = json_encode_truncate(data, event, relation, &intake->frame);
    else
        invalid = json_encode_message(data, event, &intake->frame);
    if (data == &intake->data && invalid > 0)
        count_invalid(intake, relation, invalid);
}

static size_t record_bytes(const struct intake *intake)
{
    return buf_wanted(&intake->data) + intake->key.len;
}

// The record stands in intake->key and, as far as it fits, in intake->data.
static bool leave_out(struct intake *intake, const struct event *event,
    const struct relation *relation, struct err *err)
{
    const struct oversize_record oversize = {
        .table = relation->quoted,
        .partition_key = buf_str(&intake->key),
        .lsn = event->lsn,
        .bytes = record_bytes(intake),
        .bytes_max = intake->record_bytes_max,
    };
    struct buf *letter;
    if (!misfits_skip_oversize(&intake->misfits, &oversize, &letter, err))
        return false;
    if (!letter)
        return true;
    encode(intake, letter, event, relation); // Again: only this one has room for all of it.
    return misfits_end(&intake->misfits, err);
}

// Gives to delivery what stands in intake->key and intake->data, if it fits.
static bool add_record(struct intake *intake, const struct event *event,
    const struct relation *relation, struct err *err)
{
    if (record_bytes(intake) > intake->record_bytes_max)
        return leave_out(intake, event, relation, err);
    struct record *record = record_new(buf_str(&intake->key), buf_str(&intake->data));
    record->table = relation->table;
    record->lsn = event->lsn;
    record->ordinal = event->ordinal;
    delivery_add(intake->delivery, record);
    return true;
}

static void encode_elided(struct intake *intake, const struct event *event)
{
    struct elision elision;
    elision_init(&elision, event, record_bytes(intake) - intake->record_bytes_max);
    buf_clear(&intake->data);
    json_encode_change(&intake->data, &elision.event, &intake->frame);
    elision_release(&elision);
    intake->misfits.counts.elided++;
}

static bool is_wanted(const struct relation *relation)
{
    assert(relation->plan != PLAN_UNKNOWN);
    return relation->plan == PLAN_SEND;
}

static bool add_change(struct intake *intake, const struct event *event, struct err *err)
{
    const struct relation *relation = event->change.relation;
    intake->counts.changes++;
    if (!is_wanted(relation))
        return true;
    partition_key_of(&intake->key, event);
    buf_clear(&intake->data);
    encode(intake, &intake->data, event, relation);
    bool fits = record_bytes(intake) <= intake->record_bytes_max;
    if (!fits && intake->misfits.oversize == OVERSIZE_ELIDE)
        encode_elided(intake, event);
    return add_record(intake, event, relation, err);
}

// A barrier for its tables: what follows waits until these records are stored.
static bool add_truncate(struct intake *intake, const struct event *event, struct err *err)
{
    const struct truncate *truncate = &event->truncate;
    for (size_t i = 0; i < truncate->count; i++) {
        const struct relation *relation = truncate->relations[i];
        if (!is_wanted(relation))
            continue;
        partition_key_of_relation(&intake->key, relation);
        buf_clear(&intake->data);
        encode(intake, &intake->data, event, relation);
        if (!add_record(intake, event, relation, err))
            return false;
    }
    for (size_t i = 0; i < truncate->count; i++) {
        uint64_t table = truncate->relations[i]->table;
        if (delivery_owes_table(intake->delivery, table)) // Unless its record was skipped.
            delivery_fence(intake->delivery, table);
    }
    return true;
}

bool intake_must_wait(const struct intake *intake, const struct event *event)
{
    if (event->kind == EVENT_CHANGE) {
        uint64_t table = event->change.relation->table;
        if (!is_wanted(event->change.relation))
            return false;
        return event->key_changed ? delivery_owes_table(intake->delivery, table)
                                  : delivery_is_fenced(intake->delivery, table);
    }
    if (event->kind != EVENT_TRUNCATE)
        return false;
    for (size_t i = 0; i < event->truncate.count; i++) {
        const struct relation *relation = event->truncate.relations[i];
        if (is_wanted(relation) && delivery_owes_table(intake->delivery, relation->table))
            return true;
    }
    return false;
}

// What comes again outside of the transaction that is being passed over, or before it, is older:
// all that follows must come again, too, or that would be the last to be stored of its keys. Up to
// PostgreSQL 15 test_decoding tells the messages of a transaction so until it knows its beginning,
// and with them alone there is no end of it to confirm.
static void begin_alone(struct intake *intake)
{
    intake->delivered.xid = 0;
    delivery_begin(intake->delivery, 0);
}

// A message as a record. Outside of transactions it is one of its own.
static bool add_message(struct intake *intake, const struct event *event, struct err *err)
{
    static const struct relation no_table = {.quoted = STR_CONST("")};
    bool is_alone = event->end_lsn > 0;
    if (is_alone)
        begin_alone(intake);
    partition_key_of_message(&intake->key, event);
    buf_clear(&intake->data);
    encode(intake, &intake->data, event, &no_table);
    if (!add_record(intake, event, &no_table, err))
        return false;
    if (!is_alone)
        return true;
    if (!misfits_sync(&intake->misfits, err))
        return false;
    delivery_commit(intake->delivery, event->end_lsn);
    return true;
}

// A message that is skipped; outside of a transaction it is a position, too.
static void skip_message(struct intake *intake, const struct event *event)
{
    intake->counts.messages++;
    if (event->end_lsn > 0)
        delivery_advance(intake->delivery, event->end_lsn);
}

static void begin(struct intake *intake, const struct event *event)
{
    intake->open = (struct txn_progress){.xid = event->txn.xid};
    if (intake->delivered.xid != event->txn.xid)
        intake->delivered.xid = 0;
    delivery_begin(intake->delivery, event->txn.xid);
}

// Skipped records owe nothing: so they must be safe before the end of their transaction is.
static bool commit(struct intake *intake, const struct event *event, struct err *err)
{
    if (!misfits_sync(&intake->misfits, err))
        return false;
    intake->delivered.xid = 0;
    intake->open.xid = 0;
    delivery_commit(intake->delivery, event->end_lsn);
    return true;
}

// Notes how far the open transaction has come; tells whether the change was stored before the
// connection was lost.
static bool is_delivered(struct intake *intake, const struct event *event)
{
    if (event->txn.xid == 0 || event->ordinal == 0)
        return false;
    intake->open.ordinal = event->ordinal;
    return intake->delivered.xid == event->txn.xid && event->ordinal <= intake->delivered.ordinal;
}

bool intake_take(struct intake *intake, const struct event *event, struct err *err)
{
    if (is_delivered(intake, event))
        return true;
    bool ok = true;
    switch (event->kind) {
    case EVENT_BEGIN:
        begin(intake, event);
        break;
    case EVENT_CHANGE:
        ok = add_change(intake, event, err);
        break;
    case EVENT_TRUNCATE:
        ok = add_truncate(intake, event, err);
        break;
    case EVENT_MESSAGE:
        if (intake->takes_messages)
            ok = add_message(intake, event, err);
        else
            skip_message(intake, event);
        break;
    case EVENT_COMMIT:
        ok = commit(intake, event, err);
        break;
    case EVENT_KEEPALIVE:
        delivery_advance(intake->delivery, event->end_lsn);
        break;
    case EVENT_UNKNOWN:
        intake->counts.unknown++;
        break;
    case EVENT_NONE:
        break;
    }
    return ok;
}
