// misfits - what becomes of records that the stream cannot take: those over its limit, and those
// that the service refuses even alone.
//
// By default they stop the program: err is the line that says so. What is skipped is counted, told
// of once a minute at most, and kept in the dead-letter file where there is one.
#ifndef PGK_APP_MISFITS_H
#define PGK_APP_MISFITS_H

#include "base/err.h"
#include "base/once.h"
#include "base/str.h"
#include "model/config.h"
#include "model/lsn.h"

#include <stddef.h>
#include <stdint.h>

struct buf;
struct dead_letter;
struct record;

struct misfit_counts {
    uint64_t oversize; // Skipped.
    uint64_t refused;  // Skipped.
    uint64_t elided;   // Delivered without their largest values.
};

// All zero: stop on either.
struct misfits {
    enum oversize oversize;
    enum refused refused;
    struct dead_letter *letters; // NULL: what is skipped is gone.
    struct misfit_counts counts;
    struct misfit_counts told; // Of the counts.
    struct once warning;
};

struct oversize_record {
    struct str table;
    struct str partition_key;
    lsn_t lsn;
    size_t bytes; // Data and key.
    size_t bytes_max;
};

// Opens the dead-letter file, where the operator named one.
MUST_CHECK bool misfits_open(struct misfits *misfits, const struct config *config, struct err *err);
void misfits_close(struct misfits *misfits);

// False, with the line to end with, unless such a record is skipped. Then its data goes into
// *letter, unless that is NULL, and misfits_end() after it.
MUST_CHECK bool misfits_skip_oversize(struct misfits *misfits, const struct oversize_record *record,
    struct buf **letter, struct err *err);
MUST_CHECK bool misfits_end(struct misfits *misfits, struct err *err);

// What the service said of a record, unless it quotes its key, which is somebody's data. Borrows
// the cause.
const char *misfits_cause(const struct record *record, const struct err *cause);

// False, with the line to end with, unless the record is skipped and, on the disk where that is
// wanted, kept. `cause` is what the service said.
MUST_CHECK bool misfits_skip_refused(
    struct misfits *misfits, const struct record *record, const struct err *cause, struct err *err);

// What was skipped is on the disk: a transaction may end.
MUST_CHECK bool misfits_sync(struct misfits *misfits, struct err *err);

// A line about what was skipped since the last one, if it is time for one.
void misfits_tell(struct misfits *misfits, int64_t now_ms);

#endif
