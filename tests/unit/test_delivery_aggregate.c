// Delivery where the rows of a lane go as one entry.
#include "delivery_under_test.h"

#include "base/clock.h"

#include <stdio.h>

enum {
    ENTRY_BYTES = 1000,
    DATA_BYTES = 80,
    ROWS = 600
};

static const struct delivery_options options = {
    .lane_bits = 2,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = 8 << 20,
    .entry_bytes_max = ENTRY_BYTES,
};

static void add_rows(const char *key, int count)
{
    delivery_begin(&delivery, 1);
    while (count-- > 0)
        add_row(key, DATA_BYTES);
    delivery_commit(&delivery, next_lsn);
}

static size_t length_of(const struct record *first)
{
    size_t records = 0;
    for (; first; first = first->next)
        records++;
    return records;
}

static void rows_of_a_lane_go_together(void **state)
{
    (void)state;
    add_rows("k", 5);

    struct batch *batch = sent_at(1);

    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->record_count, 5);
    assert_int_equal(length_of(batch->records[0]), 5);
    store(batch);
    assert_true(delivery_is_idle(&delivery));
    assert_int_equal(delivery_flushed(&delivery), START + 5);
    assert_int_equal(delivery.counts.stored, 5);
    assert_int_equal(delivery.counts.entries_stored, 1);
}

static void one_entry_of_a_lane_is_in_flight(void **state)
{
    (void)state;
    add_rows("k", 50);

    struct batch *batch = sent_at(1);
    assert_true(batch->request_bytes <= ENTRY_BYTES);
    assert_true(batch->request_bytes > ENTRY_BYTES - DATA_BYTES - 20);
    assert_null(delivery_next_batch(&delivery, 1));

    store(batch);
    store(sent_at(1));
}

static void what_comes_while_a_lane_is_busy_goes_with_its_next_entry(void **state)
{
    (void)state;
    add_rows("k", 1);
    struct batch *batch = sent_at(1);
    add_rows("k", 3);
    add_rows("k", 4);
    assert_null(delivery_next_batch(&delivery, 1));
    store(batch);

    batch = sent_at(1);

    assert_int_equal(batch->record_count, 7);
    store(batch);
}

static void an_entry_that_failed_comes_again_in_its_order_and_first(void **state)
{
    (void)state;
    const enum outcome failures[] = {OUTCOME_FAILED, OUTCOME_THROTTLED, OUTCOME_UNKNOWN};
    add_rows("k", 3);
    for (size_t i = 0; i < 3; i++) {
        struct batch *batch = sent_at(1);
        add_rows("k", 1);
        settle(batch, failures[i], 1);
        delivery.hold_until_ms = 0;
        lanes_wake(&delivery.lanes, CLOCK_NEVER_MS - 1);
    }

    struct batch *batch = sent_at(1);

    assert_int_equal(batch->record_count, 6);
    lsn_t lsn = START;
    for (const struct record *at = batch->records[0]; at; at = at->next)
        assert_int_equal(at->lsn, lsn++);
    store(batch);
    assert_int_equal(delivery_flushed(&delivery), START + 6);
}

static void each_entry_has_its_own_outcome(void **state)
{
    (void)state;
    const char *keys[] = {"k1", "k2", "k3", "k4", "k5", "k6"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_rows(keys[i], 3);
    struct batch *batch = sent_at(1);
    assert_true(batch->count > 1);
    size_t kept = length_of(batch->records[1]);
    size_t count = batch->count;

    for (size_t i = 0; i < count; i++)
        batch->outcomes[i] = i == 1 ? OUTCOME_FAILED : OUTCOME_STORED;
    delivery_settle(&delivery, batch, 1);

    assert_int_equal(delivery.counts.stored, 18 - kept);
    assert_int_equal(delivery.lanes.queued, kept);
    assert_int_equal(delivery.counts.failed, 1);
}

static void a_large_row_goes_alone_and_in_its_place(void **state)
{
    (void)state;
    delivery_begin(&delivery, 1);
    add_row("k", DATA_BYTES);
    add_row("k", BATCH_BYTES_GOAL + 1);
    add_row("k", DATA_BYTES);
    delivery_commit(&delivery, next_lsn);

    for (lsn_t lsn = START; lsn < START + 3; lsn++) {
        struct batch *batch = sent_at(1);
        assert_int_equal(batch->record_count, 1);
        assert_int_equal(batch->records[0]->lsn, lsn);
        store(batch);
    }
}

// A shard takes 1 MiB a second, in however few records.
static void a_shard_that_throttles_is_given_bytes_by_its_rate(void **state)
{
    (void)state;
    delivery.lanes.entry_bytes_max = 50000;
    for (int i = 0; i < 150; i++) // So many that it is over its limit.
        gates_throttled(&delivery.gates, (struct gate_answer){.shard = 7, .sent_ms = 1}, 1);
    size_t stored_bytes = 0;
    for (int64_t now_ms = 1; now_ms <= 2000; now_ms++) {
        if (delivery_has_room(&delivery, 0))
            for (int key = 0; key < 9; key++)
                add_rows((const char[]){(char)('a' + key), '\0'}, 50);
        struct batch *batch = delivery_next_batch(&delivery, now_ms);
        for (size_t i = 0; batch && i < batch->count; i++) {
            batch->placements[i].shard = 7;
            batch->outcomes[i] = OUTCOME_STORED;
        }
        if (!batch)
            continue;
        stored_bytes += batch->request_bytes;
        delivery_settle(&delivery, batch, now_ms);
    }

    assert_true(stored_bytes > 1 << 20);
    assert_true(stored_bytes < 4 << 20);
}

static void the_row_that_spoils_an_aggregate_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (lsn_t poison = START; poison < START + ROWS; poison += 13) {
        next_lsn = START;
        for (int i = 0; i < ROWS / 3; i++) {
            char key[8];
            snprintf(key, sizeof key, "%d", i % 20);
            add_rows(key, 3);
        }
        uint64_t stored_before = delivery.counts.stored;

        int refusals = serve(poison, OUTCOME_SKIPPED);

        assert_true(refusals <= 11);
        assert_int_equal(delivery.counts.stored - stored_before, ROWS - 1);
        assert_true(delivery_is_idle(&delivery));
        assert_int_equal(delivery.memory_bytes, 0);
        delivery_restart(&delivery, START);
    }
}

static void what_lingers_goes_when_its_time_is_up(void **state)
{
    (void)state;
    delivery.options.linger_ms = 50;
    add_rows("k", 1);
    assert_null(delivery_next_batch(&delivery, 100));
    assert_int_equal(delivery_wake_at_ms(&delivery), 150);
    add_rows("k", 2);
    assert_null(delivery_next_batch(&delivery, 149));

    struct batch *batch = delivery_next_batch(&delivery, 150);

    assert_int_equal(batch->record_count, 3);
    store(batch);
    add_rows("k", 1);
    assert_null(delivery_next_batch(&delivery, 160));
    assert_int_equal(delivery_wake_at_ms(&delivery), 210);
}

static void more_than_a_request_holds_does_not_linger(void **state)
{
    (void)state;
    delivery.options.linger_ms = 50;
    add_rows("k", BATCH_RECORDS_MAX);
    assert_int_equal(delivery_wake_at_ms(&delivery), 0);

    store(sent_at(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(rows_of_a_lane_go_together),
        FACT(one_entry_of_a_lane_is_in_flight),
        FACT(what_comes_while_a_lane_is_busy_goes_with_its_next_entry),
        FACT(an_entry_that_failed_comes_again_in_its_order_and_first),
        FACT(each_entry_has_its_own_outcome),
        FACT(a_large_row_goes_alone_and_in_its_place),
        FACT(a_shard_that_throttles_is_given_bytes_by_its_rate),
        FACT(the_row_that_spoils_an_aggregate_is_found_wherever_it_is),
        FACT(what_lingers_goes_when_its_time_is_up),
        FACT(more_than_a_request_holds_does_not_linger),
    };
    return cmocka_run_group_tests_name("delivery_aggregate", tests, NULL, NULL);
}
