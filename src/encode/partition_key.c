#include "encode/partition_key.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/json_write.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

enum {
    WHOLE_KEY_BYTES_MAX = 4 << 20,
    DIGEST_BYTES = 16, // The half of a SHA-256: 32 hexadecimal digits.
    SHORTENED_BYTES = PARTITION_KEY_BYTES_MAX - 1 - 2 * DIGEST_BYTES
};

void partition_key_init(struct buf *key)
{
    buf_init(key, WHOLE_KEY_BYTES_MAX);
}

// The length of the UTF-8 that text begins with.
static size_t valid_length(struct str text)
{
    size_t valid = 0;
    while (valid < text.len) {
        if ((uint8_t)text.ptr[valid] < 0x80) {
            valid++;
            continue;
        }
        size_t len = utf8_length(str_after(text, valid));
        if (len == 0)
            break;
        valid += len;
    }
    return valid;
}

static void add_as_utf8(struct buf *key, struct str text)
{
    while (text.len > 0) {
        size_t valid = valid_length(text);
        buf_add(key, (struct str){.ptr = text.ptr, .len = valid});
        text = str_after(text, valid);
        if (text.len > 0) {
            buf_add(key, STR("\xef\xbf\xbd"));
            text = str_after(text, 1);
        }
    }
}

// Where the character that byte `at` of valid UTF-8 belongs to begins.
static size_t character_start(struct str text, size_t at)
{
    while (at > 0 && ((uint8_t)text.ptr[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static void shorten(struct buf *key)
{
    key->dropped = 0; // What did not fit is left out; the digest must go in.
    if (key->len <= PARTITION_KEY_BYTES_MAX)
        return;
    struct sha256 digest = sha256_of(buf_str(key));
    key->len = character_start(buf_str(key), SHORTENED_BYTES);
    buf_add_byte(key, ':');
    buf_add_hex(key, (struct str){.ptr = sha256_str(&digest).ptr, .len = DIGEST_BYTES});
}

// The value by which a key's column tells the row; NULL when the change does not show it.
static const struct datum *key_datum(const struct change *change, const struct key_column *column)
{
    const struct datum *row = change->new_row ? change->new_row : change->old_row;
    if (!row || column->column == KEY_COLUMN_NOT_HELD)
        return NULL;
    const struct datum *datum = &row[column->column];
    if (datum->kind == DATUM_UNCHANGED && change->old_row)
        datum = &change->old_row[column->column];
    return datum->kind == DATUM_TEXT ? datum : NULL;
}

void partition_key_of(struct buf *key, const struct event *event)
{
    assert(event->kind == EVENT_CHANGE);
    const struct change *change = &event->change;
    const struct relation *relation = change->relation;

    buf_clear(key);
    add_as_utf8(key, relation->quoted);
    for (size_t i = 0; i < relation->key_count; i++) {
        const struct key_column *column = &relation->key[i];
        add_as_utf8(key, column->name);
        const struct datum *datum = key_datum(change, column);
        if (!datum)
            continue;
        buf_add_byte(key, datum->quoted ? 'q' : 'n');
        add_as_utf8(key, datum->text);
    }
    shorten(key);
}

void partition_key_of_relation(struct buf *key, const struct relation *relation)
{
    buf_clear(key);
    add_as_utf8(key, relation->quoted);
    shorten(key);
}

void partition_key_of_message(struct buf *key, const struct event *event)
{
    assert(event->kind == EVENT_MESSAGE);
    buf_clear(key);
    buf_add(key, STR("message"));
    add_as_utf8(key, event->message.prefix);
    shorten(key);
}
