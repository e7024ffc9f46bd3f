// hash_key - where a record belongs: a number below 2^128.
//
// Kinesis reads the MD5 of the partition key's UTF-8 bytes as a big-endian number, unless the
// record brings its number along as its explicit hash key.
#ifndef SIM_HASH_KEY_H
#define SIM_HASH_KEY_H

#include "base/str.h"

struct buf;

__extension__ typedef unsigned __int128 hash_key_t;

#define HASH_KEY_MAX (~(hash_key_t)0)

// Of each key: several at once take a fraction of the time that they would take one by one.
void hash_keys_of(const struct str *partition_keys, size_t count, hash_key_t *keys);

// The API's pattern 0|([1-9]\d{0,38}), which also lets numbers of 2^128 and more pass.
bool hash_key_is_well_formed(struct str decimal);

// A well-formed number; false when it is not below 2^128.
bool hash_key_parse(struct str decimal, hash_key_t *key);

void hash_key_write(struct buf *buf, hash_key_t key);

#endif
