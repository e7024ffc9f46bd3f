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

// Here and below: of each text that it adds the compiler knows the length, which a choice between
// two would hide. What it does not know was prepared with its relation.
//
// Everything from the brace that opens the record to the operation's name.
static void write_head(
    struct buf *data, const struct event *event, struct str time, struct str table_json)
{
    buf_add(data, STR("{\"time\":\""));
    buf_add(data, time);
    buf_add(data, STR("\",\"lsn\":\""));
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

static size_t write_value(struct buf *data, struct json_text before, const struct datum *datum)
{
    buf_add(data, before.text);
    return before.invalid + json_write_text(data, told_text(datum));
}

// What stands before a column's name in JSON, without the comma before the first.
static struct json_text without_comma(struct json_text before, bool is_first)
{
    return (struct json_text){str_after(before.text, is_first), before.invalid};
}

static size_t write_old(struct buf *data, const struct told *told)
{
    const struct datum *datum = told->old_value;
    const size_t invalid = write_value(data, told->column->old_json[is_quoted(datum)], datum);
    buf_add(data, STR("\"}}"));
    return invalid;
}

static size_t write_told(struct buf *data, const struct told *told, bool is_first)
{
    const struct column *column = told->column;
    const struct datum *datum = told->new_value;
    if (!datum) {
        const struct json_text name = without_comma(column->name_json, is_first);
        buf_add(data, name.text);
        return name.invalid + write_old(data, told);
    }
    const size_t invalid =
        write_value(data, without_comma(column->new_json[is_quoted(datum)], is_first), datum);
    if (told->old_value) {
        buf_add(data, STR("\"},"));
        return invalid + write_old(data, told);
    }
    buf_add(data, STR("\"}}"));
    return invalid;
}

static size_t write_columns(struct buf *data, const struct change *change)
{
    const struct relation *relation = change->relation;
    size_t invalid = 0;
    bool is_first = true;
    for (size_t i = 0; i < relation->column_count; i++) {
        struct told told;
        if (!told_of(change, relation->sorted[i], &told))
            continue;
        invalid += write_told(data, &told, is_first);
        is_first = false;
    }
    return invalid;
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
    const struct json_text *table = &change->relation->quoted_json;
    write_head(data, event, frame->time, table->text);
    write_operation(data, change->operation);
    size_t invalid = table->invalid + write_columns(data, change);
    buf_add_byte(data, '}');
    write_tail(data, event, frame);
    return invalid;
}

size_t json_encode_truncate(struct buf *data, const struct event *event,
    const struct relation *relation, const struct json_frame *frame)
{
    assert(event->kind == EVENT_TRUNCATE);
    const struct json_text *table = &relation->quoted_json;
    write_head(data, event, frame->time, table->text);
    buf_add(data, STR("TRUNCATE\",\"columns\":{}"));
    write_tail(data, event, frame);
    return table->invalid;
}

size_t json_encode_message(
    struct buf *data, const struct event *event, const struct json_frame *frame)
{
    assert(event->kind == EVENT_MESSAGE);
    const struct message *message = &event->message;
    write_head(data, event, frame->time, STR("\",\"table\":\"\",\"operation\":\""));
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
