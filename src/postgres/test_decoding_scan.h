// test_decoding_scan - the words of a line of test_decoding: names, columns, values.
//
// Each function takes what it reads off the front of the line. At the first byte that does not fit
// the scan has failed: it is at its end for good, and `failed_at` tells where that was. So a reader
// reads a whole line without a single if, then asks scan_end().
//
// Memory: what is read borrows the line. Only text in which quotes are doubled is written anew, to
// `undone`, where it stays valid until that buffer is written for the next line.
#ifndef PGK_POSTGRES_TEST_DECODING_SCAN_H
#define PGK_POSTGRES_TEST_DECODING_SCAN_H

#include "base/str.h"
#include "postgres/tuple.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct scan {
    struct str line;
    struct str rest; // Not read yet.
    struct buf *undone;
    bool failed;
    size_t failed_at;
};

// `undone` is emptied; its maximum is at least the line's length.
struct scan scan_over(struct str line, struct buf *undone);

// Takes the word if it comes next; false, and nothing taken, if something else does.
bool scan_take(struct scan *scan, struct str word);

// Takes the word, which must come next.
void scan_expect(struct scan *scan, struct str word);

// Decimal digits, from min to max.
uint64_t scan_number(struct scan *scan, uint64_t min, uint64_t max);

struct qualified_name scan_qualified_name(struct scan *scan);

// Columns up to the end of the line or to " new-tuple:", possibly none.
void scan_tuple(struct scan *scan, struct tuple *tuple);

// Makes the scan fail where it stands.
void scan_fail(struct scan *scan);

// True when the line was read to its end; otherwise the scan has failed.
bool scan_end(struct scan *scan);

#endif
