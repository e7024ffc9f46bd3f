// json - a change as the record that goes to the stream.
//
//   {"time":…,"lsn":…,"table":…,"operation":…,"columns":{NAME:{"new":{"q":…,"t":…,"v":…},"old":…}}}
//
// Members in this order, columns in bytewise order, no blanks: byte for byte what the original
// wrote (docs/records.md). Every value is a string; "q" tells numbers, booleans, NULL and unchanged
// large values ("false") from all else ("true").
//
// The buffer's maximum is the record limit. What does not fit is measured, not written: afterwards
// buf_ok() tells whether the record fits, buf_wanted() how long it would have been.
#ifndef PGK_ENCODE_JSON_H
#define PGK_ENCODE_JSON_H

#include "base/str.h"
#include "model/fields.h"

#include <stdint.h>

struct buf;
struct event;
struct relation;

// What a record shows besides the change.
struct json_frame {
    struct str opening;   // {"time":"2026-11-22T09:16:29Z","lsn":"
    struct fields fields; // Behind the columns. Of these, what is not known is left out.
};

// Adds the beginning of all records that were received in that second.
void json_write_opening(struct buf *opening, int64_t wall_us);

// Adds the record of a CHANGE to data. Returns how many bytes were no UTF-8; each became the six
// characters \ufffd.
size_t json_encode_change(
    struct buf *data, const struct event *event, const struct json_frame *frame);

// Adds the record of one of a TRUNCATE's relations; otherwise the same.
size_t json_encode_truncate(struct buf *data, const struct event *event,
    const struct relation *relation, const struct json_frame *frame);

// Adds the record of a MESSAGE, whose prefix and content stand behind the columns, of which it has
// none. Content that is no UTF-8 comes as content_base64.
size_t json_encode_message(
    struct buf *data, const struct event *event, const struct json_frame *frame);

#endif
