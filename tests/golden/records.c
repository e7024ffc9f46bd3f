#include "records.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_BYTES = 600
};

static struct str copy_of(struct str text)
{
    char *copy = alloc_bytes(text.len);
    memcpy(copy, text.ptr, text.len);
    return (struct str){.ptr = copy, .len = text.len};
}

void records_add(struct records *records, struct str key, struct str data)
{
    if (records->count == records->capacity) {
        records->capacity = 2 * records->capacity + 16;
        records->items = alloc_resize(records->items, records->capacity * sizeof *records->items);
    }
    records->items[records->count++] =
        (struct golden_record){.key = copy_of(key), .data = copy_of(data)};
}

void records_set_key(struct records *records, size_t at, struct str key)
{
    assert(at < records->count);
    free((char *)records->items[at].key.ptr);
    records->items[at].key = copy_of(key);
}

void records_release(struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        free((char *)records->items[i].key.ptr);
        free((char *)records->items[i].data.ptr);
    }
    free(records->items);
    *records = (struct records){.count = 0};
}

// A record and where it stood.
struct place {
    const struct golden_record *record;
    size_t at;
};

static int by_key_then_place(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    int order = str_compare(left->record->key, right->record->key);
    return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

static struct place *sorted(const struct records *records)
{
    struct place *places = alloc_zeroed(records->count, sizeof *places);
    for (size_t i = 0; i < records->count; i++)
        places[i] = (struct place){.record = &records->items[i], .at = i};
    qsort(places, records->count, sizeof *places, by_key_then_place);
    return places;
}

static void show(struct buf *difference, const char *which, const struct golden_record *record)
{
    if (!record) {
        buf_printf(difference, "%s: no record\n", which);
        return;
    }
    struct str data = record->data;
    if (data.len > SHOWN_BYTES)
        data.len = SHOWN_BYTES;
    buf_printf(difference, "%s: key " STR_FMT "\n  data " STR_FMT "\n", which, STR_ARG(record->key),
        STR_ARG(data));
}

bool records_agree(
    const struct records *expected, const struct records *actual, struct buf *difference)
{
    struct place *wanted = sorted(expected);
    struct place *found = sorted(actual);
    size_t most = expected->count > actual->count ? expected->count : actual->count;
    bool agree = true;
    for (size_t i = 0; agree && i < most; i++) {
        const struct golden_record *want = i < expected->count ? wanted[i].record : NULL;
        const struct golden_record *have = i < actual->count ? found[i].record : NULL;
        agree =
            want && have && str_equal(want->key, have->key) && str_equal(want->data, have->data);
        if (!agree) {
            show(difference, "expected", want);
            show(difference, "actual", have);
        }
    }
    free(wanted);
    free(found);
    return agree;
}
