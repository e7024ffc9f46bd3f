#include "sim/hash_key.h"

#include "base/buf.h"
#include "base/md5.h"

#include <assert.h>

enum {
    DIGITS_MAX = 39
};

static hash_key_t big_endian(const struct md5 *md5)
{
    hash_key_t key = 0;
    for (size_t i = 0; i < sizeof md5->bytes; i++)
        key = key << 8 | md5->bytes[i];
    return key;
}

void hash_keys_of(const struct str *partition_keys, size_t count, hash_key_t *keys)
{
    for (size_t at = 0; at < count; at += MD5_AT_ONCE) {
        struct md5 md5s[MD5_AT_ONCE];
        const size_t left = count - at;
        const size_t some = left < MD5_AT_ONCE ? left : MD5_AT_ONCE;
        md5_of_each(partition_keys + at, some, md5s);
        for (size_t i = 0; i < some; i++)
            keys[at + i] = big_endian(&md5s[i]);
    }
}

bool hash_key_is_well_formed(struct str decimal)
{
    if (decimal.len == 0 || decimal.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < decimal.len; i++)
        if (decimal.ptr[i] < '0' || decimal.ptr[i] > '9')
            return false;
    return decimal.ptr[0] != '0' || decimal.len == 1;
}

bool hash_key_parse(struct str decimal, hash_key_t *key)
{
    assert(hash_key_is_well_formed(decimal));
    hash_key_t number = 0;
    for (size_t i = 0; i < decimal.len; i++) {
        unsigned digit = (unsigned)(decimal.ptr[i] - '0');
        if (number > (HASH_KEY_MAX - digit) / 10)
            return false;
        number = 10 * number + digit;
    }
    *key = number;
    return true;
}

void hash_key_write(struct buf *buf, hash_key_t key)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + (int)(key % 10));
        key /= 10;
    } while (key > 0);
    buf_add(buf, (struct str){.ptr = digits + at, .len = sizeof digits - at});
}
