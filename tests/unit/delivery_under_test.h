// delivery_under_test - a delivery for each test of a file, and what all of them do with it.
#ifndef PGK_TESTS_DELIVERY_UNDER_TEST_H
#define PGK_TESTS_DELIVERY_UNDER_TEST_H

#include "cmocka_prelude.h"

#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"

enum {
    START = 1000
};

static const struct delivery_options options; // Who includes this defines it.
static struct delivery delivery;
static lsn_t next_lsn; // Of the record to come.

static inline int set_up(void **state)
{
    (void)state;
    delivery_init(&delivery, options, START);
    next_lsn = START;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    delivery_release(&delivery);
    return 0;
}

// Within a transaction.
static inline void add_row(const char *key, size_t data_bytes)
{
    static const char zeros[2 * BATCH_BYTES_GOAL];
    assert_in_range(data_bytes, 0, sizeof zeros);
    struct record *record = record_new(str_from_c(key), (struct str){zeros, data_bytes});
    record->lsn = next_lsn++;
    delivery_add(&delivery, record);
}

// A transaction of its own, which ends behind the record.
static inline void add(const char *key)
{
    delivery_begin(&delivery, 1);
    add_row(key, 0);
    delivery_commit(&delivery, next_lsn);
}

static inline struct batch *sent_at(int64_t now_ms)
{
    assert_true(delivery_wake_at_ms(&delivery) <= now_ms);
    struct batch *batch = delivery_next_batch(&delivery, now_ms);
    assert_non_null(batch);
    return batch;
}

static inline void settle(struct batch *batch, enum outcome outcome, int64_t now_ms)
{
    batch_settle_all(batch, outcome);
    delivery_settle(&delivery, batch, now_ms);
}

// At once.
static inline void store(struct batch *batch)
{
    settle(batch, OUTCOME_STORED, batch->sent_ms);
}

static inline bool holds(const struct batch *batch, lsn_t lsn)
{
    for (size_t i = 0; i < batch->count; i++)
        for (const struct record *at = batch->records[i]; at; at = at->next)
            if (at->lsn == lsn)
                return true;
    return false;
}

// As a service that takes every request but those with the record of that position, and `alone` is
// what becomes of it when it is; until nothing is to be sent any more. Returns how many requests
// were refused.
static inline int serve(lsn_t poison, enum outcome alone)
{
    int refusals = 0;
    for (int64_t now_ms = 1; !delivery_is_drained(&delivery); now_ms++) {
        struct batch *batch = delivery_next_batch(&delivery, now_ms);
        if (!batch)
            continue;
        bool refused = holds(batch, poison);
        refusals += refused;
        if (refused)
            err_set(&batch->err, ERR_DATA, "refused");
        enum outcome refusal = batch->record_count == 1 ? alone : OUTCOME_FAILED;
        settle(batch, refused ? refusal : OUTCOME_STORED, now_ms);
    }
    return refusals;
}

#endif
