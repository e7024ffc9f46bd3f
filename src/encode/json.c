#include "encode/json.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

// Everything from the brace that opens the record to the one that opens its columns.
static size_t write_head(struct buf *data, const struct event *event,
    const struct relation *relation, struct str operation, struct str time)
{
    buf_add(data, STR("{\"time\":\""));
    buf_add(data, time);
    buf_add(data, STR("\",\"lsn\":\""));
    lsn_add(data, event->lsn);
    buf_add(data, STR("\",\"table\":"));
    size_t invalid = json_write_string(data, relation->quoted);
    buf_add(data, STR(",\"operation\":\""));
    buf_add(data, operation);
    buf_add(data, STR("\",\"columns\":{"));
    return invalid;
}

// A value's "v". NULL and a large value left alone have no text of their own; "q" sets the strings
// 'null' and 'unchanged-toast-datum' apart from them.
static struct str shown_text(const struct datum *datum)
{
    switch (datum->kind) {
    case DATUM_NULL:
        return STR("null");
    case DATUM_UNCHANGED:
        return STR("unchanged-toast-datum");
    case DATUM_ABSENT:
    case DATUM_TEXT:
        break;
    }
    return datum->text;
}

static size_t write_datum(struct buf *data, struct str type, const struct datum *datum)
{
    bool quoted = datum->kind == DATUM_TEXT && datum->quoted;
    buf_add(data, quoted ? STR("{\"q\":\"true\",\"t\":") : STR("{\"q\":\"false\",\"t\":"));
    size_t invalid = json_write_string(data, type);
    buf_add(data, STR(",\"v\":"));
    invalid += json_write_string(data, shown_text(datum));
    buf_add_byte(data, '}');
    return invalid;
}

// An old value is told where it is known, not NULL, and not what the column shows now anyway.
static bool is_old_told(const struct datum *old, const struct datum *new)
{
    if (!old || old->kind != DATUM_TEXT)
        return false;
    return !new || !str_equal(old->text, shown_text(new));
}

static size_t write_column(
    struct buf *data, const struct column *column, const struct datum *old, const struct datum *new)
{
    size_t invalid = json_write_string(data, column->quoted);
    buf_add(data, new ? STR(":{\"new\":") : STR(":{\"old\":"));
    invalid += write_datum(data, column->type, new ? new : old);
    if (new &&old) {
        buf_add(data, STR(",\"old\":"));
        invalid += write_datum(data, column->type, old);
    }
    buf_add_byte(data, '}');
    return invalid;
}

static size_t write_columns(struct buf *data, const struct change *change)
{
    const struct relation *relation = change->relation;
    size_t invalid = 0;
    bool first = true;
    for (size_t i = 0; i < relation->column_count; i++) {
        size_t at = relation->sorted[i];
        const struct datum *new = change->new_row ? &change->new_row[at] : NULL;
        const struct datum *old = change->old_row ? &change->old_row[at] : NULL;
        if (new &&new->kind == DATUM_ABSENT)
            new = NULL;
        if (!is_old_told(old, new))
            old = NULL;
        if (!new && !old)
            continue;
        if (!first)
            buf_add_byte(data, ',');
        first = false;
        invalid += write_column(data, &relation->columns[at], old, new);
    }
    return invalid;
}

static struct str operation_name(enum operation operation)
{
    switch (operation) {
    case OPERATION_INSERT:
        return STR("INSERT");
    case OPERATION_UPDATE:
        return STR("UPDATE");
    case OPERATION_DELETE:
        break;
    }
    return STR("DELETE");
}

size_t json_encode_change(struct buf *data, const struct event *event, struct str time)
{
    assert(event->kind == EVENT_CHANGE);
    const struct change *change = &event->change;
    struct str operation = operation_name(change->operation);
    size_t invalid = write_head(data, event, change->relation, operation, time);
    invalid += write_columns(data, change);
    buf_add(data, STR("}}"));
    return invalid;
}

size_t json_encode_truncate(
    struct buf *data, const struct event *event, const struct relation *relation, struct str time)
{
    assert(event->kind == EVENT_TRUNCATE);
    size_t invalid = write_head(data, event, relation, STR("TRUNCATE"), time);
    buf_add(data, STR("}}"));
    return invalid;
}
