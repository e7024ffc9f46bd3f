#include "delivery/ledger.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct ledger_entry {
    lsn_t end_lsn;
    uint32_t tag;
    uint64_t owed;
};

void ledger_init(struct ledger *ledger, lsn_t flushed)
{
    *ledger = (struct ledger){
        .entries = alloc_bytes(LEDGER_ENTRIES_MAX * sizeof *ledger->entries),
        .flushed = flushed,
    };
}

void ledger_release(struct ledger *ledger)
{
    free(ledger->entries);
    ledger->entries = NULL;
}

void ledger_restart(struct ledger *ledger, lsn_t flushed)
{
    ledger->flushed = flushed;
    ledger->oldest = ledger->next;
    ledger->open = false;
    ledger->open_owes = false;
}

static struct ledger_entry *entry_at(struct ledger *ledger, uint64_t number)
{
    assert(number >= ledger->oldest && number < ledger->next);
    return &ledger->entries[number % LEDGER_ENTRIES_MAX];
}

static bool is_empty(const struct ledger *ledger)
{
    return ledger->oldest == ledger->next;
}

// The open transaction's own entry stays, paid or not, until it has an end to confirm.
static bool oldest_is_settled(struct ledger *ledger)
{
    if (is_empty(ledger))
        return false;
    bool still_open = ledger->open_owes && ledger->oldest == ledger->next - 1;
    return !still_open && entry_at(ledger, ledger->oldest)->owed == 0;
}

static void raise(lsn_t *lsn, lsn_t to)
{
    if (to > *lsn)
        *lsn = to;
}

static void settle(struct ledger *ledger)
{
    while (oldest_is_settled(ledger)) {
        raise(&ledger->flushed, entry_at(ledger, ledger->oldest)->end_lsn);
        ledger->oldest++;
    }
}

void ledger_begin(struct ledger *ledger, uint32_t tag)
{
    assert(!ledger->open);
    ledger->open = true;
    ledger->open_tag = tag;
    ledger->open_owes = false;
}

uint64_t ledger_owe(struct ledger *ledger)
{
    assert(ledger->open);
    bool is_full = ledger->next - ledger->oldest == LEDGER_ENTRIES_MAX;
    if (!ledger->open_owes && !is_full) {
        ledger->entries[ledger->next % LEDGER_ENTRIES_MAX] =
            (struct ledger_entry){.tag = ledger->open_tag};
        ledger->next++;
    } else if (!ledger->open_owes) {
        entry_at(ledger, ledger->next - 1)->tag = 0;
    }
    ledger->open_owes = true;
    entry_at(ledger, ledger->next - 1)->owed++;
    return ledger->next - 1;
}

bool ledger_oldest(const struct ledger *ledger, uint64_t *entry, uint32_t *tag)
{
    if (is_empty(ledger))
        return false;
    *entry = ledger->oldest;
    *tag = ledger->entries[ledger->oldest % LEDGER_ENTRIES_MAX].tag;
    return true;
}

void ledger_advance(struct ledger *ledger, lsn_t lsn)
{
    assert(!ledger->open);
    if (is_empty(ledger))
        raise(&ledger->flushed, lsn);
    else
        raise(&entry_at(ledger, ledger->next - 1)->end_lsn, lsn);
}

void ledger_end(struct ledger *ledger, lsn_t end_lsn)
{
    assert(ledger->open);
    ledger->open = false;
    ledger->open_owes = false;
    ledger_advance(ledger, end_lsn);
    settle(ledger);
}

void ledger_pay(struct ledger *ledger, uint64_t entry, uint64_t records)
{
    struct ledger_entry *paid = entry_at(ledger, entry);
    assert(paid->owed >= records);
    paid->owed -= records;
    settle(ledger);
}

lsn_t ledger_flushed(const struct ledger *ledger)
{
    return ledger->flushed;
}
