// cbor_write - CBOR (RFC 8949), as much of it as requests and answers are made of.
//
// An item is a head, which says what it is and how long, and what belongs to it. The writers of
// maps and arrays write heads only: as many items as they say have to follow, of a map a name and a
// value for each member.
#ifndef PGK_BASE_CBOR_WRITE_H
#define PGK_BASE_CBOR_WRITE_H

#include "base/str.h"

struct buf;

// The kinds of items, in the first three bits of a head.
enum cbor_major {
    CBOR_UNSIGNED,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE
};

enum {
    CBOR_HEAD_BYTES_MAX = 9,
    // In the other five bits of a head: the argument itself below the first of these, how many
    // bytes of it follow from there on, and no length at all.
    CBOR_ARGUMENT_8 = 24,
    CBOR_ARGUMENT_64 = 27,
    CBOR_INDEFINITE = 31
};

// Writes the shortest head for the argument into out, which has room for CBOR_HEAD_BYTES_MAX;
// returns where it ends.
char *cbor_put_head(char *out, enum cbor_major major, uint64_t argument);

// A head and its bytes; out has room for both.
char *cbor_put_string(char *out, enum cbor_major major, struct str bytes);

void cbor_write_head(struct buf *buf, enum cbor_major major, uint64_t argument);
void cbor_write_text(struct buf *buf, struct str text); // Which is UTF-8.
void cbor_write_bytes(struct buf *buf, struct str bytes);
void cbor_write_bool(struct buf *buf, bool truth);

// A map or an array of no stated length: its items follow, and cbor_write_end() after the last.
void cbor_write_open(struct buf *buf, enum cbor_major map_or_array);
void cbor_write_end(struct buf *buf);

#endif
