#include "postgres/pgoutput.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/epoch.h"
#include "postgres/message_text.h"
#include "postgres/pgoutput_relation.h"
#include "postgres/relation_cache.h"
#include "postgres/relation_list.h"

#include <stdlib.h>

enum {
    TABLES_MAX = 100000 // Unlike a row of test_decoding, one of ours cannot do without.
};

struct pgoutput {
    struct relation_cache *cache;
    struct message_text texts;
    struct table_reader tables;
    bool in_transaction;
    struct txn txn; // The open transaction.
    uint64_t ordinal;

    // Of the last message.
    struct relation_list relations;
    struct datum old_row[RELATION_COLUMNS_MAX];
    struct datum new_row[RELATION_COLUMNS_MAX];
};

struct pgoutput *pgoutput_new(const struct keywords *keywords, struct encoding *encoding)
{
    struct pgoutput *decoder = alloc_zeroed(1, sizeof *decoder);
    decoder->cache = relation_cache_new(TABLES_MAX);
    message_text_init(&decoder->texts, encoding);
    table_reader_init(&decoder->tables, keywords, &decoder->texts);
    return decoder;
}

void pgoutput_free(struct pgoutput *decoder)
{
    if (!decoder)
        return;
    relation_cache_free(decoder->cache);
    table_reader_release(&decoder->tables);
    message_text_release(&decoder->texts);
    relation_list_release(&decoder->relations);
    free(decoder);
}

struct relation *const *pgoutput_relations(const struct pgoutput *decoder, size_t *count)
{
    *count = decoder->relations.count;
    return decoder->relations.items;
}

static struct str bool_name(struct str text)
{
    return str_equal(text, STR("t")) ? STR("true") : STR("false");
}

static void read_text(struct cursor *message, enum value_form form, struct datum *datum)
{
    const struct str text = cursor_bytes(message, cursor_u32(message));
    datum->kind = DATUM_TEXT;
    datum->quoted = form == VALUE_QUOTED;
    datum->text = form == VALUE_BOOLEAN ? bool_name(text) : text;
}

static void read_datum(struct cursor *message, enum value_form form, struct datum *datum)
{
    switch (cursor_u8(message)) {
    case 't':
        read_text(message, form, datum);
        return;
    case 'n':
        *datum = (struct datum){.kind = DATUM_NULL};
        return;
    case 'u':
        *datum = (struct datum){.kind = DATUM_UNCHANGED};
        return;
    }
    message->failed = true; // Binary values are never asked for.
}

// By a cursor of its own, which the compiler keeps in registers since nobody else points to it.
static void read_row(struct cursor *message, const struct relation *relation, struct datum *row)
{
    struct cursor values = *message;
    values.failed |= cursor_u16(&values) != relation->column_count;
    for (size_t i = 0; i < relation->column_count && cursor_ok(&values); i++)
        read_datum(&values, relation->columns[i].form, &row[i]);
    *message = values;
}

// An old row, of the key's columns ('K') or of all ('O'). What is not part of the key comes as
// NULL, which a key's column never is; with all columns test_decoding leaves NULL out, too.
static void read_old_row(struct cursor *message, const struct relation *relation, struct datum *row)
{
    read_row(message, relation, row);
    for (size_t i = 0; i < relation->column_count && cursor_ok(message); i++)
        if (row[i].kind == DATUM_NULL)
            row[i].kind = DATUM_ABSENT;
}

static void convert_row(struct pgoutput *decoder, size_t count, struct datum *row)
{
    for (size_t i = 0; decoder->texts.encoding && i < count; i++)
        if (row[i].kind == DATUM_TEXT)
            row[i].text = message_text_of(&decoder->texts, row[i].text);
}

static struct relation *named_relation(
    struct pgoutput *decoder, struct cursor *message, struct err *err)
{
    uint32_t oid = cursor_u32(message);
    struct relation *relation = relation_cache_get_by_oid(decoder->cache, oid);
    if (!cursor_ok(message))
        err_set(err, ERR_DATA, "a change is cut off before its table");
    else if (!relation)
        err_set(err, ERR_RETRY, "a change is of table %u, which was not described", oid);
    if (!cursor_ok(message) || !relation)
        return NULL;
    relation_list_add(&decoder->relations, relation);
    return relation;
}

static bool is_in_transaction(const struct pgoutput *decoder, struct err *err)
{
    return decoder->in_transaction || err_set(err, ERR_DATA, "a change is in no transaction");
}

static bool read_change(
    struct pgoutput *decoder, struct cursor *message, struct event *event, struct err *err)
{
    struct relation *relation = named_relation(decoder, message, err);
    if (!relation || !is_in_transaction(decoder, err))
        return false;
    struct change *change = &event->change;
    change->relation = relation;
    char part = (char)cursor_u8(message);
    if (change->operation != OPERATION_INSERT && (part == 'K' || part == 'O')) {
        read_old_row(message, relation, decoder->old_row);
        change->old_row = decoder->old_row;
        part = change->operation == OPERATION_UPDATE ? (char)cursor_u8(message) : 'D';
    }
    if (change->operation != OPERATION_DELETE && part == 'N') {
        read_row(message, relation, decoder->new_row);
        change->new_row = decoder->new_row;
    }
    message->failed |= change->operation == OPERATION_DELETE ? !change->old_row : !change->new_row;
    if (!cursor_ok(message))
        return err_set(
            err, ERR_DATA, "cannot read a change of \"%s\"", err_quote(relation->quoted).text);
    if (change->old_row)
        convert_row(decoder, relation->column_count, decoder->old_row);
    if (change->new_row)
        convert_row(decoder, relation->column_count, decoder->new_row);
    event->kind = EVENT_CHANGE;
    event->ordinal = ++decoder->ordinal;
    return true;
}

static bool read_truncate(
    struct pgoutput *decoder, struct cursor *message, struct event *event, struct err *err)
{
    uint32_t count = cursor_u32(message);
    cursor_u8(message); // CASCADE, RESTART IDENTITY: records do not tell.
    for (uint32_t i = 0; i < count; i++)
        if (!named_relation(decoder, message, err))
            return false;
    if (!cursor_ok(message))
        return err_set(err, ERR_DATA, "a TRUNCATE is too short");
    if (!is_in_transaction(decoder, err))
        return false;
    event->kind = EVENT_TRUNCATE;
    event->truncate.relations = (const struct relation *const *)decoder->relations.items;
    event->truncate.count = decoder->relations.count;
    event->ordinal = ++decoder->ordinal;
    return true;
}

static int64_t read_time_us(struct cursor *message)
{
    return (int64_t)(cursor_u64(message) + (uint64_t)POSTGRES_EPOCH_US);
}

static bool read_begin(
    struct pgoutput *decoder, struct cursor *message, struct event *event, struct err *err)
{
    struct txn txn = {.commit_lsn = cursor_u64(message)};
    txn.commit_time_us = read_time_us(message);
    txn.xid = cursor_u32(message);
    if (!cursor_ok(message))
        return err_set(err, ERR_DATA, "a BEGIN is too short");
    if (txn.xid == 0)
        return err_set(err, ERR_DATA, "a transaction begins that has no number");
    if (decoder->in_transaction)
        return err_set(err, ERR_DATA, "a transaction begins before the one before is committed");
    decoder->in_transaction = true;
    decoder->txn = txn;
    decoder->ordinal = 0;
    event->kind = EVENT_BEGIN;
    event->txn = txn;
    return true;
}

static bool read_commit(struct pgoutput *decoder, struct cursor *message, struct wal_data data,
    struct event *event, struct err *err)
{
    cursor_u8(message); // Flags, of which there are none.
    lsn_t commit_lsn = cursor_u64(message);
    event->kind = EVENT_COMMIT;
    event->end_lsn = cursor_u64(message);
    read_time_us(message); // BEGIN told it.
    if (!cursor_ok(message))
        return err_set(err, ERR_DATA, "a COMMIT is too short");
    if (!decoder->in_transaction || commit_lsn != decoder->txn.commit_lsn)
        return err_set(err, ERR_DATA, "a transaction is committed that did not begin");
    if (event->end_lsn > data.end)
        return err_set(err, ERR_DATA, "a transaction ends after what the server sent");
    decoder->in_transaction = false;
    decoder->txn = (struct txn){.xid = 0};
    return true;
}

static bool read_message(
    struct pgoutput *decoder, struct cursor *message, struct event *event, struct err *err)
{
    event->kind = EVENT_MESSAGE;
    event->message.transactional = cursor_u8(message) & 1;
    cursor_u64(message); // Its position: the header has it, too.
    event->message.prefix = message_text_of(&decoder->texts, cursor_string(message));
    event->message.content = cursor_bytes(message, cursor_u32(message));
    if (!cursor_ok(message))
        return err_set(err, ERR_DATA, "a logical message is too short");
    if (event->message.transactional && decoder->in_transaction) {
        event->ordinal = ++decoder->ordinal;
        return true;
    }
    event->txn = (struct txn){.xid = 0};
    // The header of a message tells where its record ends; but inside a transaction, which no
    // server does, not everything before that has been said.
    event->end_lsn = decoder->in_transaction ? 0 : event->lsn;
    return true;
}

static bool read_relation(struct pgoutput *decoder, struct cursor *message, struct err *err)
{
    struct relation *relation = table_reader_relation(&decoder->tables, message, err);
    if (!relation)
        return false;
    relation_cache_put(decoder->cache, relation);
    return true;
}

// Where the transaction came from, if it was replicated before it came here.
static bool read_origin(struct cursor *message, struct err *err)
{
    cursor_u64(message);
    cursor_string(message);
    return cursor_ok(message) || err_set(err, ERR_DATA, "an ORIGIN is too short");
}

static bool read_row_change(struct pgoutput *decoder, enum operation operation,
    struct cursor *message, struct event *event, struct err *err)
{
    event->change.operation = operation;
    return read_change(decoder, message, event, err);
}

static bool read_by_kind(struct pgoutput *decoder, struct cursor *message, struct wal_data data,
    struct event *event, struct err *err)
{
    switch (cursor_u8(message)) {
    case 'B':
        return read_begin(decoder, message, event, err);
    case 'C':
        return read_commit(decoder, message, data, event, err);
    case 'I':
        return read_row_change(decoder, OPERATION_INSERT, message, event, err);
    case 'U':
        return read_row_change(decoder, OPERATION_UPDATE, message, event, err);
    case 'D':
        return read_row_change(decoder, OPERATION_DELETE, message, event, err);
    case 'T':
        return read_truncate(decoder, message, event, err);
    case 'M':
        return read_message(decoder, message, event, err);
    case 'R':
        return read_relation(decoder, message, err);
    case 'Y':
        return table_reader_type(&decoder->tables, message, err);
    case 'O':
        return read_origin(message, err);
    }
    event->kind = EVENT_UNKNOWN;
    return cursor_ok(message) || err_set(err, ERR_DATA, "an empty message");
}

bool pgoutput_read(
    struct pgoutput *decoder, struct wal_data data, struct event *event, struct err *err)
{
    relation_cache_sweep(decoder->cache);
    relation_list_clear(&decoder->relations);
    event_init(event, data.start, decoder->txn);
    message_text_begin(&decoder->texts, data.payload.len);
    struct cursor message = cursor_over(data.payload);
    return read_by_kind(decoder, &message, data, event, err) ||
           err_wrap(err, "pgoutput at " LSN_FMT, LSN_ARG(data.start));
}
