// base64 - bytes as JSON carries them (RFC 4648, section 4).
#ifndef PGK_BASE_BASE64_H
#define PGK_BASE_BASE64_H

#include "base/str.h"

#include <stdbool.h>

struct buf;

void base64_write(struct buf *buf, struct str bytes);

// The bytes that text stands for, added to buf; false, and nothing added, when it stands for none.
bool base64_read(struct buf *buf, struct str text);

#endif
