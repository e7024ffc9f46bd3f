// oracle - judges what the program does against the history: every record that is stored, every
// position that is confirmed.
#ifndef PGK_SIMULATION_ORACLE_H
#define PGK_SIMULATION_ORACLE_H

#include "base/str.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>

struct record;

void oracle_begin(void);
void oracle_release(void);

// The program gave it to the sink.
void oracle_judge_sent(const struct record *record);

// It is in the stream now. Late: nobody waits for it any more.
void oracle_store(const struct record *record, bool is_late);

// The program says that everything before is stored.
void oracle_judge_confirmed(lsn_t position);

// The slot moved there without the program: what is not stored before it is nobody's debt.
void oracle_forgive_before(lsn_t position);

// What is stored from this entry on will be sent by the server once more.
void oracle_expect_again(size_t entry);

// The record's request has no outcome: it may be stored, and must be sent again.
void oracle_expect_duplicate(struct str data);

// Everything that is owed is stored.
bool oracle_is_content(void);

// The last word, when everything has come to rest.
void oracle_judge_end(void);

#endif
