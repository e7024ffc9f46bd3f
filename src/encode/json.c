#include "encode/json.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "encode/told.h"
#include "model/event.h"
#include "model/relation.h"

#include <assert.h>

void json_write_opening(struct buf *opening, int64_t wall_us)
{
    buf_add(opening, STR("{\"time\":\""));
    clock_add_rfc3339(opening, wall_us);
    buf_add(opening, STR("\",\"lsn\":\""));
}

// Here and below: of each text that it adds the compiler knows the length, which a choice between
// two would hide. What it does not know was prepared with its relation.
//
// Everything from the brace that opens the record to the operation's name.
static void write_head(struct buf *data, const struct event *event, const struct json_frame *frame,
    struct str table_json)
{
    buf_add(data, frame->opening);
    lsn_add(data, event->lsn);
    buf_add(data, table_json);
}

// The operation's name, up to the brace that opens the columns.
static void write_operation(struct buf *data, enum operation operation)
{
    switch (operation) {
    case OPERATION_INSERT:
        buf_add(data, STR("INSERT\",\"columns\":{"));
        break;
    case OPERATION_UPDATE:
        buf_add(data, STR("UPDATE\",\"columns\":{"));
        break;
    case OPERATION_DELETE:
        buf_add(data, STR("DELETE\",\"columns\":{"));
        break;
    }
}

static bool is_quoted(const struct datum *datum)
{
    return datum->kind == DATUM_TEXT && datum->quoted;
}

// The value, and of what stands before the column's values all from that byte on.
static size_t write_value(
    struct buf *data, const struct column *column, size_t from, const struct datum *datum)
{
    const struct str before = str_after(column->json[is_quoted(datum)], from);
    return column->type_invalid + json_write_text_behind(data, before, told_text(datum));
}

// From that byte of what stands before the column's values on, up to the end of its last value.
static size_t write_told(struct buf *data, const struct told *told, size_t from)
{
    const struct column *column = told->column;
    size_t invalid = column->name_invalid;
    if (told->new_value) {
        invalid += write_value(data, column, from, told->new_value);
        if (!told->old_value)
            return invalid;
        buf_add(data, STR("\"},\"old"));
    } else {
        const struct str name = {.ptr = column->json[false].ptr, .len = column->json_name};
        buf_add(data, str_after(name, from));
        buf_add(data, STR("\"old"));
    }
    return invalid + write_value(data, column, column->json_value, told->old_value);
}

// Up to the brace that closes them. The end of a column is written with the one behind it.
static size_t write_columns(struct buf *data, const struct change *change)
{
    const struct relation *relation = change->relation;
    size_t invalid = 0;
    size_t from = COLUMN_JSON_FIRST;
    for (size_t i = 0; i < relation->column_count; i++) {
        struct told told;
        if (!told_of(change, relation->sorted[i], &told))
            continue;
        invalid += write_told(data, &told, from);
        from = 0;
    }
    if (from == 0)
        buf_add(data, STR("\"}}"));
    buf_add_byte(data, '}');
    return invalid;
}

// Not compiled into its callers, of whom most records ask for none.
__attribute__((noinline)) static void write_fields(
    struct buf *data, const struct event *event, const struct fields *fields)
{
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
}

// Everything behind columns and content.
static void write_tail(struct buf *data, const struct event *event, const struct json_frame *frame)
{
    if (fields_any(&frame->fields))
        write_fields(data, event, &frame->fields);
    buf_add_byte(data, '}');
}

size_t json_encode_change(
    struct buf *data, const struct event *event, const struct json_frame *frame)
{
    assert(event->kind == EVENT_CHANGE);
    const struct change *change = &event->change;
    const struct relation *relation = change->relation;
    write_head(data, event, frame, relation->quoted_json);
    write_operation(data, change->operation);
    const size_t invalid = relation->quoted_invalid + write_columns(data, change);
    write_tail(data, event, frame);
    return invalid;
}

size_t json_encode_truncate(struct buf *data, const struct event *event,
    const struct relation *relation, const struct json_frame *frame)
{
    assert(event->kind == EVENT_TRUNCATE);
    write_head(data, event, frame, relation->quoted_json);
    buf_add(data, STR("TRUNCATE\",\"columns\":{}"));
    write_tail(data, event, frame);
    return relation->quoted_invalid;
}

size_t json_encode_message(
    struct buf *data, const struct event *event, const struct json_frame *frame)
{
    assert(event->kind == EVENT_MESSAGE);
    const struct message *message = &event->message;
    write_head(data, event, frame, STR("\",\"table\":\"\",\"operation\":\""));
    buf_add(data, STR("MESSAGE\",\"columns\":{},\"prefix\":"));
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
