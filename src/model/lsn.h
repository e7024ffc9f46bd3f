// lsn - a position in the write-ahead log.
#ifndef PGK_MODEL_LSN_H
#define PGK_MODEL_LSN_H

#include "base/err.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdint.h>

struct buf;

typedef uint64_t lsn_t; // 0: none, or not known yet.

#define LSN_FMT      "%" PRIX32 "/%" PRIX32
#define LSN_ARG(lsn) (uint32_t)((lsn) >> 32), (uint32_t)(lsn)

// "16/B374D848", leading zeros allowed: PostgreSQL 19 prints them.
MUST_CHECK bool lsn_parse(struct str text, lsn_t *lsn, struct err *err);

// As LSN_FMT, for where printf is too slow: every record has one.
void lsn_add(struct buf *buf, lsn_t lsn);

#endif
