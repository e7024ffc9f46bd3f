// partition_key - which records must stay in order with one another: the text of a row's identity.
//
// The table's quoted name, then for each column of its primary key the column's name and, where the
// row holds it, `q` or `n` (quoted or not) and the value: public.customersidn1. Of a DELETE the old
// row counts, otherwise the new one; a large value that an UPDATE left alone is taken from the old
// row. A table without a key has its name alone.
//
// A key is valid UTF-8: Kinesis hashes the UTF-8 of what it is given, so bytes that are none become
// U+FFFD before anyone hashes them. A key over PARTITION_KEY_BYTES_MAX becomes its first 223 bytes,
// cut at a character, `:` and the first 32 hexadecimal digits of its SHA-256.
#ifndef PGK_ENCODE_PARTITION_KEY_H
#define PGK_ENCODE_PARTITION_KEY_H

struct buf;
struct event;
struct relation;

// The limit of PutRecords (256 characters) kept in bytes, as the original did.
enum {
    PARTITION_KEY_BYTES_MAX = 256
};

// A buffer that holds any key before it is shortened. An index entry has at most 2,712 bytes, which
// are 700 kB of text at LZ4's best ratio, thrice that when every byte becomes U+FFFD. What does not
// fit all the same (of a column that is no longer in the index) is left out: that may put two
// rows into one order, but never one row into two.
void partition_key_init(struct buf *key);

// Replace what is in key by the key of a CHANGE's row; by the key of a relation as a whole, which
// is a TRUNCATE's. The buffer is one of partition_key_init(), to be reused from row to row.
void partition_key_of(struct buf *key, const struct event *event);
void partition_key_of_relation(struct buf *key, const struct relation *relation);

// The key of a MESSAGE: "message" and its prefix.
void partition_key_of_message(struct buf *key, const struct event *event);

#endif
