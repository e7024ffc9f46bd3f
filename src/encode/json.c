#include "encode/json.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "encode/told.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

// Everything from the brace that opens the record to the one that opens its columns.
static void write_head(struct buf *data, const struct event *event, struct str table_json,
    struct str operation, struct str time)
{
    buf_add(data, STR("{\"time\":\""));
    buf_add(data, time);
    buf_add(data, STR("\",\"lsn\":\""));
    lsn_add(data, event->lsn);
    buf_add(data, STR("\",\"table\":"));
    buf_add(data, table_json);
    buf_add(data, STR(",\"operation\":\""));
    buf_add(data, operation);
    buf_add(data, STR("\",\"columns\":{"));
}

// Here and below: of each text that it adds the compiler knows the length, which a choice between
// two would hide.
static size_t write_datum(struct buf *data, const struct json_name *type, const struct datum *datum)
{
    if (datum->kind == DATUM_TEXT && datum->quoted)
        buf_add(data, STR("{\"q\":\"true\""));
    else
        buf_add(data, STR("{\"q\":\"false\""));
    buf_add(data, type->text);
    size_t invalid = json_write_text(data, told_text(datum));
    buf_add(data, STR("\"}"));
    return type->invalid + invalid;
}

static size_t write_told(struct buf *data, const struct told *told)
{
    const struct json_name *name = &told->column->quoted_json;
    const struct json_name *type = &told->column->type_json;
    size_t invalid = name->invalid;
    buf_add(data, name->text);
    if (told->new_value) {
        buf_add(data, STR("\"new\":"));
        invalid += write_datum(data, type, told->new_value);
    }
    if (told->new_value && told->old_value)
        buf_add_byte(data, ',');
    if (told->old_value) {
        buf_add(data, STR("\"old\":"));
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

// Everything behind columns and content.
static void write_tail(struct buf *data, const struct event *event, const struct json_frame *frame)
{
    const struct fields *fields = &frame->fields;
    const struct txn *txn = &event->txn;
    if (fields->xid && txn->xid > 0) {
        buf_add(data, STR(",\"xid\":"));
        buf_add_u64(data, txn->xid);
    }
    if (fields->seq && event->ordinal > 0) {
        buf_add(data, STR(",\"seq\":"));
        buf_add_u64(data, event->ordinal);
    }
    if (fields->commit_lsn && txn->commit_lsn > 0) {
        buf_add(data, STR(",\"commit_lsn\":\""));
        lsn_add(data, txn->commit_lsn);
        buf_add_byte(data, '"');
    }
    if (fields->commit_time && txn->commit_time_us > 0) {
        buf_add(data, STR(",\"commit_time\":\""));
        clock_add_rfc3339_us(data, txn->commit_time_us);
        buf_add_byte(data, '"');
    }
    buf_add_byte(data, '}');
}

size_t json_encode_change(
    struct buf *data, const struct event *event, const struct json_frame *frame)
{
    assert(event->kind == EVENT_CHANGE);
    const struct change *change = &event->change;
    const struct json_name *table = &change->relation->quoted_json;
    write_head(data, event, table->text, operation_name(change->operation), frame->time);
    size_t invalid = table->invalid + write_columns(data, change);
    buf_add_byte(data, '}');
    write_tail(data, event, frame);
    return invalid;
}

size_t json_encode_truncate(struct buf *data, const struct event *event,
    const struct relation *relation, const struct json_frame *frame)
{
    assert(event->kind == EVENT_TRUNCATE);
    const struct json_name *table = &relation->quoted_json;
    write_head(data, event, table->text, STR("TRUNCATE"), frame->time);
    buf_add_byte(data, '}');
    write_tail(data, event, frame);
    return table->invalid;
}

size_t json_encode_message(
    struct buf *data, const struct event *event, const struct json_frame *frame)
{
    assert(event->kind == EVENT_MESSAGE);
    const struct message *message = &event->message;
    write_head(data, event, STR("\"\""), STR("MESSAGE"), frame->time);
    buf_add(data, STR("},\"prefix\":"));
    size_t invalid = json_write_string(data, message->prefix);
    if (utf8_is_valid(message->content)) {
        buf_add(data, STR(",\"content\":"));
        json_write_string(data, message->content);
    } else {
        buf_add(data, STR(",\"content_base64\":\""));
        base64_write(data, message->content);
        buf_add_byte(data, '"');
    }
    write_tail(data, event, frame);
    return invalid;
}
