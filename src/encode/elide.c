#include "encode/elide.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "encode/told.h"
#include "model/relation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A value that the record shows, and its length there.
struct candidate {
    struct datum *datum;
    size_t text_bytes;
    size_t at; // Its place among the candidates.
};

static size_t written_bytes(struct str text)
{
    struct buf nothing;
    buf_init(&nothing, 0);
    json_write_text(&nothing, text);
    return buf_wanted(&nothing);
}

static void add_candidate(struct candidate *candidates, size_t *count, struct datum *datum)
{
    if (!datum || datum->kind != DATUM_TEXT)
        return;
    candidates[*count] =
        (struct candidate){.datum = datum, .text_bytes = written_bytes(datum->text), .at = *count};
    (*count)++;
}

// In the order of the record.
static size_t find_candidates(
    const struct change *change, struct datum *data, struct candidate *candidates)
{
    const struct relation *relation = change->relation;
    struct datum *new_row = data;
    struct datum *old_row = data + relation->column_count;
    size_t count = 0;
    for (size_t i = 0; i < relation->column_count; i++) {
        size_t at = relation->sorted[i];
        struct told told;
        if (!told_of(change, at, &told))
            continue;
        add_candidate(candidates, &count, told.new_value ? &new_row[at] : NULL);
        add_candidate(candidates, &count, told.old_value ? &old_row[at] : NULL);
    }
    return count;
}

static int largest_first(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    if (a->text_bytes != b->text_bytes)
        return a->text_bytes > b->text_bytes ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

static void elide_until(struct candidate *candidates, size_t count, size_t excess_bytes)
{
    size_t name_bytes = told_text(&(struct datum){.kind = DATUM_ELIDED}).len;
    size_t saved = 0;
    for (size_t i = 0; i < count && saved < excess_bytes; i++) {
        // Another byte may come with "q", when "true" becomes "false".
        if (candidates[i].text_bytes <= name_bytes + 1)
            return;
        saved += candidates[i].text_bytes - name_bytes - (candidates[i].datum->quoted ? 1 : 0);
        candidates[i].datum->kind = DATUM_ELIDED;
    }
}

static const struct datum *copy_row(struct datum *to, const struct datum *row, size_t count)
{
    if (!row)
        return NULL;
    memcpy(to, row, count * sizeof *row);
    return to;
}

void elision_init(struct elision *elision, const struct event *event, size_t excess_bytes)
{
    assert(event->kind == EVENT_CHANGE);
    size_t columns = event->change.relation->column_count;
    *elision = (struct elision){
        .event = *event, .data = alloc_zeroed(2 * columns + 1, sizeof(struct datum))};
    struct change *change = &elision->event.change;
    change->new_row = copy_row(elision->data, event->change.new_row, columns);
    change->old_row = copy_row(elision->data + columns, event->change.old_row, columns);

    struct candidate *candidates = alloc_zeroed(2 * columns + 1, sizeof *candidates);
    size_t count = find_candidates(change, elision->data, candidates);
    qsort(candidates, count, sizeof *candidates, largest_first);
    elide_until(candidates, count, excess_bytes);
    free(candidates);
}

void elision_release(struct elision *elision)
{
    free(elision->data);
    elision->data = NULL;
}
