// oracle - judges what the program does against the history: every record that is stored, every
// position that is confirmed.
#ifndef PGK_SIMULATION_ORACLE_H
#define PGK_SIMULATION_ORACLE_H

#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_state;
struct record;

// A record that the program gave to the sink, as the oracle knows it.
struct sent {
    size_t change; // Its number.
    struct key_state *key;
};

enum storing {
    STORING_IN_PLACE,
    STORING_LATE,    // Nobody waits for it any more.
    STORING_INVERTED // Before an earlier one of its lane: the program knows, and must send it
                     // again.
};

void oracle_begin(void);
void oracle_release(void);

// The program gives it to the sink.
struct sent oracle_judge_sent(const struct record *record);

// It is in the stream now.
void oracle_store(struct sent sent, enum storing storing);

// The program says that everything before is stored.
void oracle_judge_confirmed(lsn_t position);

// The slot moved there without the program: what is not stored before it is nobody's debt.
void oracle_forgive_before(lsn_t position);

// What is stored from this entry on will be sent by the server once more.
void oracle_expect_again(size_t entry);

// The record's request has no outcome: it may be stored, and must be sent again.
void oracle_expect_duplicate(struct sent sent);

// The service asked not to be sent it again before that time.
void oracle_expect_patience(struct sent sent, int64_t until_ms);

// Everything that is owed is stored.
bool oracle_is_content(void);

// The last word, when everything has come to rest.
void oracle_judge_end(void);

#endif
