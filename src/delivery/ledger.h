// ledger - which position is safe to confirm.
//
// A ring of entries in the order in which transactions arrived, each with the position at which it
// ends and the number of records that it still owes. The flushed LSN is the end of the oldest paid
// prefix: what the server is told, and nothing else is.
//
// Only ends are ever confirmed: of commits, of messages outside a transaction, of keepalives while
// no transaction is open. What owes nothing extends its predecessor. When the ring is full a new
// transaction joins the newest entry: confirmation gets coarser, it never stops.
#ifndef PGK_DELIVERY_LEDGER_H
#define PGK_DELIVERY_LEDGER_H

#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEDGER_ENTRIES_MAX = 65536
};

struct ledger {
    struct ledger_entry *entries;
    uint64_t oldest; // Entries are numbered from 0 and never again; this one is the oldest unpaid.
    uint64_t next;   // The number of the entry to come.
    bool open;       // A transaction has begun and not ended.
    uint32_t open_tag;
    bool open_owes; // It owes, or has owed, records: the newest entry is its.
    lsn_t flushed;
};

void ledger_init(struct ledger *ledger, lsn_t flushed);
void ledger_release(struct ledger *ledger);

// Forget every debt: a new connection begins at `flushed`, and the server sends again what follows.
// That is the position reached before, unless the server is another one and counts anew.
void ledger_restart(struct ledger *ledger, lsn_t flushed);

// The tag tells the transaction to who asks for the oldest; 0 for what is none.
void ledger_begin(struct ledger *ledger, uint32_t tag);

// One more record of the open transaction; returns the entry that storing it will pay.
uint64_t ledger_owe(struct ledger *ledger);

// The oldest entry and its transaction's tag, which is 0 when it has none or several share it;
// false when there is no entry: all that ever owed is paid, and its end is known.
bool ledger_oldest(const struct ledger *ledger, uint64_t *entry, uint32_t *tag);

// Its transaction ends here: the position that may be confirmed once everything is paid.
void ledger_end(struct ledger *ledger, lsn_t end_lsn);

// The server has nothing for us before this position. No transaction is open.
void ledger_advance(struct ledger *ledger, lsn_t lsn);

// So many records of that entry are stored.
void ledger_pay(struct ledger *ledger, uint64_t entry, uint64_t records);

// Everything before this position is stored. Never falls.
lsn_t ledger_flushed(const struct ledger *ledger);

#endif
