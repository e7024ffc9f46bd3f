// show_event - an event in words of our own, for tests of decoders.
#ifndef PGK_TESTS_SHOW_EVENT_H
#define PGK_TESTS_SHOW_EVENT_H

#include "base/buf.h"
#include "model/event.h"
#include "model/relation.h"

// A type that has no name, "???", as one question mark: three before '=' would be a trigraph.
static struct str show_type(struct str type)
{
    return str_equal(type, STR("???")) ? STR("?") : type;
}

static void show_row(
    struct buf *shown, const char *which, const struct relation *relation, const struct datum *row)
{
    if (!row)
        return;
    buf_printf(shown, " %s", which);
    for (size_t i = 0; i < relation->column_count; i++) {
        const struct column *column = &relation->columns[i];
        const struct datum *datum = &row[i];
        static const char *const words[] = {
            [DATUM_ABSENT] = "absent", [DATUM_NULL] = "NULL", [DATUM_UNCHANGED] = "unchanged"};
        buf_printf(shown, " " STR_FMT ":" STR_FMT, STR_ARG(column->name),
            STR_ARG(show_type(column->type)));
        if (datum->kind == DATUM_TEXT)
            buf_printf(shown, datum->quoted ? "='" STR_FMT "'" : "=" STR_FMT, STR_ARG(datum->text));
        else
            buf_printf(shown, "=%s", words[datum->kind]);
    }
}

static void show_change(struct buf *shown, const struct change *change)
{
    static const char *const operations[] = {"insert", "update", "delete"};
    const struct relation *relation = change->relation;
    buf_printf(shown, "%s <" STR_FMT "> <" STR_FMT ">", operations[change->operation],
        STR_ARG(relation->schema), STR_ARG(relation->name));
    show_row(shown, "old", relation, change->old_row);
    show_row(shown, "new", relation, change->new_row);
}

static void show_truncate(struct buf *shown, const struct truncate *truncate)
{
    buf_add(shown, STR("truncate"));
    for (size_t i = 0; i < truncate->count; i++)
        buf_printf(shown, " " STR_FMT, STR_ARG(truncate->relations[i]->quoted));
}

static void show_event(struct buf *shown, const struct event *event)
{
    switch (event->kind) {
    case EVENT_NONE:
        buf_add(shown, STR("none"));
        break;
    case EVENT_BEGIN:
        buf_printf(shown, "begin %u", event->txn.xid);
        break;
    case EVENT_COMMIT:
        buf_printf(shown, "commit %u", event->txn.xid);
        break;
    case EVENT_CHANGE:
        show_change(shown, &event->change);
        break;
    case EVENT_TRUNCATE:
        show_truncate(shown, &event->truncate);
        break;
    case EVENT_MESSAGE:
        buf_printf(shown, "message %d <" STR_FMT "> <" STR_FMT ">", event->message.transactional,
            STR_ARG(event->message.prefix), STR_ARG(event->message.content));
        break;
    case EVENT_KEEPALIVE:
        buf_add(shown, STR("keepalive"));
        break;
    case EVENT_UNKNOWN:
        buf_add(shown, STR("unknown"));
    }
}

#endif
