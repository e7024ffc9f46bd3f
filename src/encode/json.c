#include "encode/json.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "encode/told.h"
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

static size_t write_datum(struct buf *data, struct str type, const struct datum *datum)
{
    bool quoted = datum->kind == DATUM_TEXT && datum->quoted;
    buf_add(data, quoted ? STR("{\"q\":\"true\",\"t\":") : STR("{\"q\":\"false\",\"t\":"));
    size_t invalid = json_write_string(data, type);
    buf_add(data, STR(",\"v\":"));
    invalid += json_write_string(data, told_text(datum));
    buf_add_byte(data, '}');
    return invalid;
}

static size_t write_told(struct buf *data, const struct told *told)
{
    struct str type = told->column->type;
    size_t invalid = json_write_string(data, told->column->quoted);
    buf_add(data, told->new_value ? STR(":{\"new\":") : STR(":{\"old\":"));
    invalid += write_datum(data, type, told->new_value ? told->new_value : told->old_value);
    if (told->new_value && told->old_value) {
        buf_add(data, STR(",\"old\":"));
        invalid += write_datum(data, type, told->old_value);
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
        struct told told;
        if (!told_of(change, relation->sorted[i], &told))
            continue;
        if (!first)
            buf_add_byte(data, ',');
        first = false;
        invalid += write_told(data, &told);
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
