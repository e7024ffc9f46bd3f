// dead_letter - the file of the records that were skipped, one JSON object a line
// (docs/records.md).
//
//   {"reason":…,"stream":…,"partition_key":…,"lsn":…,"data":…}
//
// Lines are added at the end; a line that a crash cut off is ended first. Nothing counts as kept
// before dead_letter_sync().
//
// Memory: a fixed 128 KiB, however large a record: it is written as it is encoded.
#ifndef PGK_APP_DEAD_LETTER_H
#define PGK_APP_DEAD_LETTER_H

#include "base/buf.h"
#include "base/err.h"
#include "model/lsn.h"

#include <stdbool.h>

struct letter {
    const char *reason;
    struct str partition_key;
    lsn_t lsn;
};

struct dead_letter {
    struct buf_drain escape; // Takes a record's text, gives it to `line` as a JSON string.
    struct buf_drain write;  // Takes the line, gives it to the file.
    struct buf data;
    struct buf line;
    const char *path;
    const char *stream; // "" when records go to standard output.
    int fd;             // -1 before it is opened.
    int error;          // Of the first write that failed.
    bool unsynced;
};

// Opens or makes the file; both strings outlive the dead letters.
MUST_CHECK bool dead_letter_open(
    struct dead_letter *letters, const char *path, const char *stream, struct err *err);
void dead_letter_close(struct dead_letter *letters);

// Begins a line; the caller adds the record's data to the buffer and calls dead_letter_end().
struct buf *dead_letter_begin(struct dead_letter *letters, const struct letter *letter);
MUST_CHECK bool dead_letter_end(struct dead_letter *letters, struct err *err);

// True once every line is on the disk.
MUST_CHECK bool dead_letter_sync(struct dead_letter *letters, struct err *err);

#endif
