#include "cmocka_prelude.h"

#include "delivery/ledger.h"

enum {
    START = 1000
};

static struct ledger ledger;

static int set_up(void **state)
{
    (void)state;
    ledger_init(&ledger, START);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_release(&ledger);
    return 0;
}

static uint64_t transaction_of_one(lsn_t end_lsn)
{
    ledger_begin(&ledger, 1);
    uint64_t entry = ledger_owe(&ledger);
    ledger_end(&ledger, end_lsn);
    return entry;
}

static void empty_transaction(lsn_t end_lsn)
{
    ledger_begin(&ledger, 1);
    ledger_end(&ledger, end_lsn);
}

static void a_new_ledger_has_flushed_where_the_stream_starts(void **state)
{
    (void)state;

    assert_int_equal(ledger_flushed(&ledger), START);
}

static void a_transaction_is_flushed_when_its_last_record_is_paid(void **state)
{
    (void)state;
    ledger_begin(&ledger, 1);
    uint64_t first = ledger_owe(&ledger);
    uint64_t second = ledger_owe(&ledger);
    ledger_end(&ledger, 1100);

    assert_int_equal(first, second);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, second, 1);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, first, 1);
    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void the_flushed_position_waits_for_the_oldest_debt(void **state)
{
    (void)state;
    uint64_t oldest = transaction_of_one(1100);
    uint64_t middle = transaction_of_one(1200);
    uint64_t newest = transaction_of_one(1300);

    ledger_pay(&ledger, newest, 1);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, oldest, 1);
    assert_int_equal(ledger_flushed(&ledger), 1100);
    ledger_pay(&ledger, middle, 1);
    assert_int_equal(ledger_flushed(&ledger), 1300);
}

static void a_transaction_paid_before_its_commit_is_flushed_by_the_commit(void **state)
{
    (void)state;
    ledger_begin(&ledger, 1);
    ledger_pay(&ledger, ledger_owe(&ledger), 1);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, ledger_owe(&ledger), 1);
    assert_int_equal(ledger_flushed(&ledger), START);

    ledger_end(&ledger, 1100);
    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void an_open_transaction_does_not_hold_back_the_one_before_it(void **state)
{
    (void)state;
    uint64_t before = transaction_of_one(1100);
    ledger_begin(&ledger, 1);
    uint64_t open = ledger_owe(&ledger);

    ledger_pay(&ledger, before, 1);
    ledger_pay(&ledger, open, 1);

    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void a_transaction_that_owes_nothing_is_flushed_at_once(void **state)
{
    (void)state;
    empty_transaction(1100);

    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void several_records_are_paid_at_once(void **state)
{
    (void)state;
    ledger_begin(&ledger, 1);
    const uint64_t entry = ledger_owe(&ledger);
    ledger_owe(&ledger);
    ledger_owe(&ledger);
    ledger_end(&ledger, 1100);

    ledger_pay(&ledger, entry, 2);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void what_owes_nothing_waits_for_the_debt_before_it(void **state)
{
    (void)state;
    uint64_t entry = transaction_of_one(1100);
    empty_transaction(1200);
    ledger_advance(&ledger, 1300);
    assert_int_equal(ledger_flushed(&ledger), START);

    ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), 1300);
}

static void what_owes_nothing_does_not_hold_back_the_debt_before_it(void **state)
{
    (void)state;
    uint64_t oldest = transaction_of_one(1100);
    empty_transaction(1200);
    uint64_t newest = transaction_of_one(1300);

    ledger_pay(&ledger, oldest, 1);
    assert_int_equal(ledger_flushed(&ledger), 1200);
    ledger_pay(&ledger, newest, 1);
    assert_int_equal(ledger_flushed(&ledger), 1300);
}

static void a_keepalive_with_nothing_owed_is_flushed_at_once(void **state)
{
    (void)state;
    ledger_advance(&ledger, 1100);

    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void a_keepalive_waits_for_every_debt(void **state)
{
    (void)state;
    uint64_t oldest = transaction_of_one(1100);
    uint64_t newest = transaction_of_one(1200);
    ledger_advance(&ledger, 1300);

    ledger_pay(&ledger, newest, 1);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, oldest, 1);
    assert_int_equal(ledger_flushed(&ledger), 1300);
}

static void the_flushed_position_never_falls(void **state)
{
    (void)state;
    ledger_advance(&ledger, 1200);
    ledger_advance(&ledger, 1100);
    assert_int_equal(ledger_flushed(&ledger), 1200);

    ledger_pay(&ledger, transaction_of_one(1150), 1);
    assert_int_equal(ledger_flushed(&ledger), 1200);

    uint64_t entry = transaction_of_one(1300);
    ledger_advance(&ledger, 1250);
    ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), 1300);
}

static void the_oldest_debt_tells_whose_it_is(void **state)
{
    (void)state;
    uint64_t entry;
    uint32_t tag;
    assert_false(ledger_oldest(&ledger, &entry, &tag));

    ledger_begin(&ledger, 7);
    uint64_t first = ledger_owe(&ledger);
    ledger_end(&ledger, 1100);
    ledger_begin(&ledger, 8);
    uint64_t second = ledger_owe(&ledger);

    assert_true(ledger_oldest(&ledger, &entry, &tag));
    assert_true(entry == first && tag == 7);
    ledger_pay(&ledger, first, 1);
    assert_true(ledger_oldest(&ledger, &entry, &tag));
    assert_true(entry == second && tag == 8);
    ledger_pay(&ledger, second, 1); // Still open: it may owe more.
    assert_true(ledger_oldest(&ledger, &entry, &tag));
    ledger_end(&ledger, 1200);
    assert_false(ledger_oldest(&ledger, &entry, &tag));
}

static uint64_t fill(void)
{
    uint64_t oldest = transaction_of_one(START + 1);
    for (lsn_t i = 2; i <= LEDGER_ENTRIES_MAX; i++)
        assert_int_equal(transaction_of_one(START + i), oldest + i - 1);
    return oldest;
}

static void every_entry_of_a_full_ring_is_its_own(void **state)
{
    (void)state;
    uint64_t oldest = fill();

    for (uint64_t i = 0; i < LEDGER_ENTRIES_MAX; i++) {
        ledger_pay(&ledger, oldest + i, 1);
        assert_int_equal(ledger_flushed(&ledger), START + 1 + i);
    }
}

static void an_entry_that_transactions_share_is_nobodys(void **state)
{
    (void)state;
    uint64_t oldest = fill();
    uint64_t newest = transaction_of_one(100000);
    for (uint64_t entry = oldest; entry < newest; entry++)
        ledger_pay(&ledger, entry, 1);

    uint64_t entry;
    uint32_t tag;
    assert_true(ledger_oldest(&ledger, &entry, &tag));
    assert_true(entry == newest && tag == 0);
}

static void a_transaction_joins_the_newest_entry_of_a_full_ring(void **state)
{
    (void)state;
    uint64_t oldest = fill();
    uint64_t newest = oldest + LEDGER_ENTRIES_MAX - 1;

    assert_int_equal(transaction_of_one(100000), newest);

    for (uint64_t entry = oldest; entry <= newest; entry++)
        ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), START + LEDGER_ENTRIES_MAX - 1);
    ledger_pay(&ledger, newest, 1);
    assert_int_equal(ledger_flushed(&ledger), 100000);
}

static void a_transaction_that_joined_holds_its_entry_until_its_commit(void **state)
{
    (void)state;
    uint64_t oldest = fill();
    uint64_t newest = oldest + LEDGER_ENTRIES_MAX - 1;
    ledger_begin(&ledger, 1);
    assert_int_equal(ledger_owe(&ledger), newest);
    for (uint64_t entry = oldest; entry <= newest; entry++)
        ledger_pay(&ledger, entry, 1);
    ledger_pay(&ledger, newest, 1);

    assert_int_equal(ledger_flushed(&ledger), START + LEDGER_ENTRIES_MAX - 1);
    assert_int_equal(ledger_owe(&ledger), newest);
    ledger_end(&ledger, 100000);
    assert_int_equal(ledger_flushed(&ledger), START + LEDGER_ENTRIES_MAX - 1);
    ledger_pay(&ledger, newest, 1);
    assert_int_equal(ledger_flushed(&ledger), 100000);
}

static void a_ring_with_room_again_gives_entries_of_their_own(void **state)
{
    (void)state;
    uint64_t oldest = fill();
    ledger_pay(&ledger, oldest, 1);

    uint64_t own = transaction_of_one(100000);
    uint64_t joined = transaction_of_one(100001);

    assert_int_equal(own, oldest + LEDGER_ENTRIES_MAX);
    assert_int_equal(joined, own);
}

static void a_transaction_of_more_records_than_entries_is_one_entry(void **state)
{
    (void)state;
    ledger_begin(&ledger, 1);
    uint64_t entry = ledger_owe(&ledger);
    for (int i = 0; i < 2 * LEDGER_ENTRIES_MAX; i++)
        assert_int_equal(ledger_owe(&ledger), entry);
    ledger_end(&ledger, 1100);

    for (int i = 0; i < 2 * LEDGER_ENTRIES_MAX; i++)
        ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), START);
    ledger_pay(&ledger, entry, 1);
    assert_int_equal(ledger_flushed(&ledger), 1100);
}

static void a_restart_forgets_debts_and_begins_where_it_is_told(void **state)
{
    (void)state;
    ledger_pay(&ledger, transaction_of_one(1100), 1);
    transaction_of_one(1200);
    ledger_begin(&ledger, 1);
    ledger_owe(&ledger);

    ledger_restart(&ledger, ledger_flushed(&ledger));

    assert_int_equal(ledger_flushed(&ledger), 1100);
    uint64_t replayed = transaction_of_one(1200);
    assert_int_equal(ledger_flushed(&ledger), 1100);
    ledger_pay(&ledger, replayed, 1);
    assert_int_equal(ledger_flushed(&ledger), 1200);

    ledger_restart(&ledger, 500);
    assert_int_equal(ledger_flushed(&ledger), 500);
}

static void a_restart_within_a_transaction_lets_keepalives_advance(void **state)
{
    (void)state;
    ledger_begin(&ledger, 1);
    ledger_owe(&ledger);

    ledger_restart(&ledger, ledger_flushed(&ledger));
    ledger_advance(&ledger, 1100);

    assert_int_equal(ledger_flushed(&ledger), 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_new_ledger_has_flushed_where_the_stream_starts),
        FACT(a_transaction_is_flushed_when_its_last_record_is_paid),
        FACT(the_flushed_position_waits_for_the_oldest_debt),
        FACT(a_transaction_paid_before_its_commit_is_flushed_by_the_commit),
        FACT(an_open_transaction_does_not_hold_back_the_one_before_it),
        FACT(a_transaction_that_owes_nothing_is_flushed_at_once),
        FACT(several_records_are_paid_at_once),
        FACT(what_owes_nothing_waits_for_the_debt_before_it),
        FACT(what_owes_nothing_does_not_hold_back_the_debt_before_it),
        FACT(a_keepalive_with_nothing_owed_is_flushed_at_once),
        FACT(a_keepalive_waits_for_every_debt),
        FACT(the_flushed_position_never_falls),
        FACT(the_oldest_debt_tells_whose_it_is),
        FACT(every_entry_of_a_full_ring_is_its_own),
        FACT(an_entry_that_transactions_share_is_nobodys),
        FACT(a_transaction_joins_the_newest_entry_of_a_full_ring),
        FACT(a_transaction_that_joined_holds_its_entry_until_its_commit),
        FACT(a_ring_with_room_again_gives_entries_of_their_own),
        FACT(a_transaction_of_more_records_than_entries_is_one_entry),
        FACT(a_restart_forgets_debts_and_begins_where_it_is_told),
        FACT(a_restart_within_a_transaction_lets_keepalives_advance),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
