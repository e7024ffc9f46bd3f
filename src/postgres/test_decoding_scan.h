// test_decoding_scan - the words of a line of test_decoding: names, columns, values.
//
// Each function takes what it reads off the front of the line. At the first byte that does not fit
// the scan has failed: it is at its end for good, and `failed_at` tells where that was. So a reader
// reads a whole line without a single if, then asks scan_end().
//
// A copy of a scan looks ahead, or is where to go back to: only one of the two may be read on from.
//
// Memory: what is read borrows the line. Only text in which quotes are doubled is written anew, to
// the memory of `undone`, where it stays valid until the next line is scanned.
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
    size_t undone_bytes; // Written to it so far.
    bool failed;
    size_t failed_at;
};

// `undone` is empty and stays so: its memory is all that is used. Its maximum is at least the
// line's length.
struct scan scan_over(struct str line, struct buf *undone);

// Makes the scan fail where it stands.
void scan_fail(struct scan *scan);

// Takes the word if it comes next; false, and nothing taken, if something else does. Here, as the
// next one is, to be compiled into its callers, who know how long their words are.
static inline bool scan_take(struct scan *scan, struct str word)
{
    if (!str_starts_with(scan->rest, word))
        return false;
    scan->rest = str_after(scan->rest, word.len);
    return true;
}

// Takes the word, which must come next.
static inline void scan_expect(struct scan *scan, struct str word)
{
    if (!scan_take(scan, word))
        scan_fail(scan);
}

// Decimal digits, from min to max.
uint64_t scan_number(struct scan *scan, uint64_t min, uint64_t max);

struct qualified_name scan_qualified_name(struct scan *scan);

// Takes the qualified name if it comes next, and a row's operation behind it: to compare a name
// that was read once is to read it.
bool scan_take_table(struct scan *scan, struct str quoted);

// Columns up to the end of the line or to " new-tuple:", possibly none.
void scan_tuple(struct scan *scan, struct tuple *tuple);

// Columns of a known relation, in its order: rows of one table show the same ones again and again,
// so what stands before a value is compared and not read. Fills a row of the relation, where what
// is not shown is absent, and returns how many columns are shown. What follows may be another
// column.
size_t scan_known_row(struct scan *scan, const struct relation *known, struct datum *row);

// True when the line was read to its end; otherwise the scan has failed.
bool scan_end(struct scan *scan);

#endif
