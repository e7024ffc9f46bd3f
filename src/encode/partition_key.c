#include "encode/partition_key.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"
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
    if (relation->key_count == 0)
        buf_add(key, relation->quoted_utf8);
    for (size_t i = 0; i < relation->key_count; i++) {
        const struct key_column *column = &relation->key[i];
        buf_add(key, column->before);
        const struct datum *datum = key_datum(change, column);
        if (!datum)
            continue;
        buf_add_byte(key, datum->quoted ? 'q' : 'n');
        utf8_write(key, datum->text);
    }
    shorten(key);
}

void partition_key_of_relation(struct buf *key, const struct relation *relation)
{
    buf_clear(key);
    buf_add(key, relation->quoted_utf8);
    shorten(key);
}

void partition_key_of_message(struct buf *key, const struct event *event)
{
    assert(event->kind == EVENT_MESSAGE);
    buf_clear(key);
    buf_add(key, STR("message"));
    utf8_write(key, event->message.prefix);
    shorten(key);
}
