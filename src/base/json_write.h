// json_write - JSON strings as Go's encoding/json writes them: the records' form.
//
// `"` `\` and \n \r \t escaped by a backslash; other control characters, `<` `>` `&`, U+2028 and
// U+2029 as \u00xx and \u2028; all else as it is. Each byte that is not UTF-8 becomes the six
// characters \ufffd. Consumers read of it in docs/records.md.
#ifndef PGK_BASE_JSON_WRITE_H
#define PGK_BASE_JSON_WRITE_H

#include "base/str.h"

struct buf;

// The text in double quotes. Returns how many bytes were no UTF-8.
size_t json_write_string(struct buf *buf, struct str text);

// The same without the quotes, to build a string of several pieces.
size_t json_write_text(struct buf *buf, struct str text);

#endif
