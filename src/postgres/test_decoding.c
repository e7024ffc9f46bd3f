#include "postgres/test_decoding.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/relation_cache.h"
#include "postgres/relation_list.h"
#include "postgres/test_decoding_scan.h"
#include "postgres/tuple.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES_MAX = INT32_MAX, // CopyData's own limit: its length is an Int32.
    RELATIONS_MAX = 10000,
    UNDONE_BYTES_KEPT = 1 << 20 // What one large value needed is given back after it.
};

struct test_decoding {
    struct relation_cache *cache;
    uint32_t xid; // Of the open transaction; 0: none is.
    uint64_t ordinal;

    // Of the last line.
    struct buf undone;
    struct tuple shown_old;
    struct tuple shown_new;
    struct datum old_row[RELATION_COLUMNS_MAX];
    struct datum new_row[RELATION_COLUMNS_MAX];
    struct relation_list relations;
};

struct test_decoding *test_decoding_new(void)
{
    struct test_decoding *decoder = alloc_zeroed(1, sizeof *decoder);
    decoder->cache = relation_cache_new(RELATIONS_MAX);
    buf_init(&decoder->undone, LINE_BYTES_MAX);
    return decoder;
}

void test_decoding_free(struct test_decoding *decoder)
{
    if (!decoder)
        return;
    relation_cache_free(decoder->cache);
    buf_release(&decoder->undone);
    relation_list_release(&decoder->relations);
    free(decoder);
}

struct relation *const *test_decoding_relations(const struct test_decoding *decoder, size_t *count)
{
    *count = decoder->relations.count;
    return decoder->relations.items;
}

// The table that a line is about.
struct table {
    struct qualified_name name;
    struct relation *known; // Under that name; NULL: none is.
};

// Makes the relation known under the name the one that this row shows.
static struct relation *learn(
    struct test_decoding *decoder, const struct qualified_name *name, const struct tuple *tuple)
{
    struct relation *relation = tuple_relation(tuple, name);
    relation_cache_put(decoder->cache, relation);
    return relation;
}

static struct relation *learn_in_part(
    struct test_decoding *decoder, const struct qualified_name *name, const struct tuple *tuple)
{
    struct relation *relation = tuple_relation(tuple, name);
    relation->is_partial = true;
    relation_cache_put(decoder->cache, relation);
    return relation;
}

static bool scan_no_row(struct scan *scan)
{
    return scan_take(scan, STR(" (no-tuple-data)"));
}

// Reads a change that fits what is known of its table, as nearly every one does. False when it does
// not: it has other columns, or is cut off.
static bool read_known_change(struct test_decoding *decoder, struct scan *scan,
    const struct relation *known, struct change *change)
{
    const bool is_delete = change->operation == OPERATION_DELETE;
    const bool has_old = is_delete ? !scan_no_row(scan) : scan_take(scan, STR(" old-key:"));
    if (has_old) {
        change->old_row = decoder->old_row;
        scan_known_row(scan, known, decoder->old_row);
    }
    if (has_old && !is_delete)
        scan_expect(scan, STR(" new-tuple:"));
    if (!is_delete && !scan_no_row(scan)) {
        change->new_row = decoder->new_row;
        // What is known in part, a whole row shows better.
        if (known->is_partial ||
            scan_known_row(scan, known, decoder->new_row) < known->column_count)
            return false;
    }
    return scan_end(scan);
}

// Reads a row; false when the line says that there is none.
static bool scan_row(struct scan *scan, struct tuple *tuple)
{
    tuple->count = 0;
    if (scan_no_row(scan))
        return false;
    scan_tuple(scan, tuple);
    return true;
}

// Reads what an UPDATE shows of the old row before it shows the new one.
static bool scan_old_key(struct scan *scan, struct tuple *tuple)
{
    tuple->count = 0;
    if (!scan_take(scan, STR(" old-key:")))
        return false;
    scan_tuple(scan, tuple);
    scan_expect(scan, STR(" new-tuple:"));
    return true;
}

// Reads a change, and learns from it what its table is like: all of it from a new row, which shows
// all columns, and part of it from an old one, which may leave columns out.
static struct relation *learn_from_change(struct test_decoding *decoder, struct scan *scan,
    const struct qualified_name *name, struct change *change)
{
    struct tuple *old = &decoder->shown_old;
    struct tuple *new = &decoder->shown_new;
    bool is_delete = change->operation == OPERATION_DELETE;
    bool has_old = is_delete ? scan_row(scan, old) : scan_old_key(scan, old);
    bool has_new = !is_delete && scan_row(scan, new);
    if (!scan_end(scan))
        return NULL;

    struct relation *relation =
        has_new ? learn(decoder, name, new) : learn_in_part(decoder, name, old);
    bool fits = !has_new || tuple_place(new, relation, decoder->new_row);
    assert(fits);
    if (has_old && !tuple_place(old, relation, decoder->old_row))
        scan_fail(scan); // An old key of columns that the new row has not.
    change->old_row = has_old ? decoder->old_row : NULL;
    change->new_row = has_new ? decoder->new_row : NULL;
    return relation;
}

static void read_change(struct test_decoding *decoder, struct scan *scan, const struct table *table,
    struct change *change)
{
    const struct scan start = *scan;
    struct relation *relation = table->known;
    if (!relation || !read_known_change(decoder, scan, relation, change)) {
        *scan = start;
        relation = learn_from_change(decoder, scan, &table->name, change);
    }
    if (scan->failed)
        return;
    relation_list_add(&decoder->relations, relation);
    change->relation = relation;
}

static bool scan_operation(struct scan *scan, enum operation *operation)
{
    if (scan_take(scan, STR(": INSERT:")))
        *operation = OPERATION_INSERT;
    else if (scan_take(scan, STR(": UPDATE:")))
        *operation = OPERATION_UPDATE;
    else if (scan_take(scan, STR(": DELETE:")))
        *operation = OPERATION_DELETE;
    else
        return false;
    return true;
}

// A TRUNCATE shows no columns: of a relation not seen yet its name is all that is learned.
static void name_truncated(struct test_decoding *decoder, const struct qualified_name *name)
{
    struct relation *known = relation_cache_get(decoder->cache, name->quoted);
    decoder->shown_new.count = 0;
    relation_list_add(
        &decoder->relations, known ? known : learn_in_part(decoder, name, &decoder->shown_new));
}

static void read_truncate(struct test_decoding *decoder, struct scan *scan,
    const struct qualified_name *first, struct truncate *truncate)
{
    name_truncated(decoder, first);
    while (scan_take(scan, STR(", "))) {
        struct qualified_name name = scan_qualified_name(scan);
        if (!scan->failed)
            name_truncated(decoder, &name);
    }
    scan_expect(scan, STR(": TRUNCATE:"));
    if (!scan_take(scan, STR(" (no-flags)"))) {
        scan_take(scan, STR(" restart_seqs"));
        scan_take(scan, STR(" cascade"));
    }
    scan_end(scan);
    truncate->relations = (const struct relation *const *)decoder->relations.items;
    truncate->count = decoder->relations.count;
}

// Up to version 10, a table's rewriting shows as inserts into a relation named pg_temp_ and its
// oid.
static bool is_rewrite(struct str name)
{
    const struct str prefix = STR("pg_temp_");
    uint64_t oid = 0;
    return str_starts_with(name, prefix) &&
           str_to_u64(str_after(name, prefix.len), 0, UINT32_MAX, &oid);
}

// Changes come in runs of one table, so the one named last is looked for first.
static struct table scan_table(struct test_decoding *decoder, struct scan *scan)
{
    struct relation *newest = relation_cache_newest(decoder->cache);
    if (newest && scan_take_table(scan, newest->quoted))
        return (struct table){{newest->schema, newest->name, newest->quoted}, newest};
    const struct qualified_name name = scan_qualified_name(scan);
    return (struct table){name, relation_cache_get(decoder->cache, name.quoted)};
}

static bool read_table(
    struct test_decoding *decoder, struct scan *scan, struct event *event, struct err *err)
{
    scan_expect(scan, STR(" "));
    const struct table table = scan_table(decoder, scan);
    if (!table.known && is_rewrite(table.name.name))
        return true;
    if (!scan->failed && decoder->xid == 0)
        return err_set(err, ERR_DATA, "a change of \"%s\" is in no transaction",
            err_quote(table.name.quoted).text);

    if (scan_operation(scan, &event->change.operation)) {
        event->kind = EVENT_CHANGE;
        read_change(decoder, scan, &table, &event->change);
    } else if (!scan->failed) {
        event->kind = EVENT_TRUNCATE;
        read_truncate(decoder, scan, &table.name, &event->truncate);
    }
    event->ordinal = ++decoder->ordinal;
    return !scan->failed ||
           err_set(err, ERR_DATA, "cannot read a change of \"%s\" from byte %zu on",
               err_quote(table.name.quoted).text, scan->failed_at);
}

static bool read_begin(
    struct test_decoding *decoder, struct scan *scan, struct event *event, struct err *err)
{
    event->kind = EVENT_BEGIN;
    scan_expect(scan, STR(" "));
    event->txn.xid = (uint32_t)scan_number(scan, 1, UINT32_MAX);
    if (!scan_end(scan))
        return err_set(err, ERR_DATA, "cannot read a BEGIN from byte %zu on", scan->failed_at);
    if (decoder->xid > 0)
        return err_set(err, ERR_DATA, "a transaction begins before the one before is committed");
    decoder->xid = event->txn.xid;
    decoder->ordinal = 0;
    return true;
}

// " (at 2026-11-22 08:47:02.186642+00)", which include-timestamp adds.
static void skip_commit_time(struct scan *scan)
{
    const struct str time = scan->rest;
    if (str_starts_with(time, STR(" (at ")) && time.ptr[time.len - 1] == ')')
        scan_take(scan, time);
}

static bool read_commit(
    struct test_decoding *decoder, struct scan *scan, struct event *event, struct err *err)
{
    event->kind = EVENT_COMMIT;
    scan_expect(scan, STR(" "));
    event->end_lsn = event->lsn; // The header of a COMMIT tells where its record ends.
    event->txn.xid = (uint32_t)scan_number(scan, 1, UINT32_MAX);
    skip_commit_time(scan);
    if (!scan_end(scan))
        return err_set(err, ERR_DATA, "cannot read a COMMIT from byte %zu on", scan->failed_at);
    if (event->txn.xid != decoder->xid)
        return err_set(err, ERR_DATA, "a transaction is committed that did not begin");
    decoder->xid = 0;
    return true;
}

// Finds where the prefix ends: ", sz: 5 content:" may be part of the prefix and of the content, so
// it counts where the size is that of the rest of the line.
static void scan_message(struct scan *scan, struct message *message)
{
    scan_expect(scan, STR(" transactional: "));
    message->transactional = scan_take(scan, STR("1"));
    if (!message->transactional)
        scan_expect(scan, STR("0"));
    scan_expect(scan, STR(" prefix: "));

    const struct str size_word = STR(", sz: ");
    const char *start = scan->rest.ptr;
    while (!scan->failed) {
        struct str rest = scan->rest;
        const char *found = memmem(rest.ptr, rest.len, size_word.ptr, size_word.len);
        if (!found) {
            scan_fail(scan);
            return;
        }
        scan->rest = str_after(rest, (size_t)(found - rest.ptr) + size_word.len);
        struct scan behind = *scan;
        uint64_t size = scan_number(&behind, 0, LINE_BYTES_MAX);
        if (scan_take(&behind, STR(" content:")) && behind.rest.len == size) {
            message->prefix = (struct str){.ptr = start, .len = (size_t)(found - start)};
            message->content = behind.rest;
            *scan = behind;
            return;
        }
    }
}

static bool read_message(
    struct test_decoding *decoder, struct scan *scan, struct event *event, struct err *err)
{
    event->kind = EVENT_MESSAGE;
    scan_message(scan, &event->message);
    if (scan->failed)
        return err_set(
            err, ERR_DATA, "cannot read a logical message from byte %zu on", scan->failed_at);
    if (event->message.transactional && decoder->xid > 0) {
        event->ordinal = ++decoder->ordinal;
        return true;
    }
    event->txn.xid = 0;
    // The header of a message tells where its record ends; but inside a transaction, which no
    // server does, not everything before that has been said.
    event->end_lsn = decoder->xid == 0 ? event->lsn : 0;
    return true;
}

static bool read_line(
    struct test_decoding *decoder, struct scan *scan, struct event *event, struct err *err)
{
    if (scan_take(scan, STR("table")))
        return read_table(decoder, scan, event, err);
    if (scan_take(scan, STR("BEGIN")))
        return read_begin(decoder, scan, event, err);
    if (!str_starts_with(scan->rest, STR("COMMIT PREPARED")) && scan_take(scan, STR("COMMIT")))
        return read_commit(decoder, scan, event, err);
    if (scan_take(scan, STR("message:")))
        return read_message(decoder, scan, event, err);
    return true;
}

bool test_decoding_read(
    struct test_decoding *decoder, struct wal_data data, struct event *event, struct err *err)
{
    relation_cache_sweep(decoder->cache);
    relation_list_clear(&decoder->relations);
    if (decoder->undone.capacity > UNDONE_BYTES_KEPT)
        buf_release(&decoder->undone);
    event_init(event, data.start, (struct txn){.xid = decoder->xid});
    event->kind = EVENT_UNKNOWN;

    if (data.payload.len > LINE_BYTES_MAX)
        return err_set(err, ERR_DATA, "a line of test_decoding is longer than a message can be");
    struct scan scan = scan_over(data.payload, &decoder->undone);
    return read_line(decoder, &scan, event, err) ||
           err_wrap(err, "test_decoding at " LSN_FMT, LSN_ARG(data.start));
}
