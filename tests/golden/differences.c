#include "differences.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/relation.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct differences {
    json_t *all;
    const json_t *own; // The scenario's; NULL when it has none.
};

struct differences *differences_read(const char *directory, const char *scenario)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/differences.json", directory);
    json_error_t error;
    struct differences *differences = alloc_zeroed(1, sizeof *differences);
    differences->all = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!differences->all) {
        fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
        abort();
    }
    differences->own = json_object_get(differences->all, scenario);
    return differences;
}

void differences_free(struct differences *differences)
{
    json_decref(differences->all);
    free(differences);
}

static struct str text_of(const json_t *string)
{
    return (struct str){.ptr = json_string_value(string), .len = json_string_length(string)};
}

static void replace(struct buf *replaced, struct str text, struct str from, struct str to)
{
    buf_clear(replaced);
    const char *found;
    while ((found = memmem(text.ptr, text.len, from.ptr, from.len))) {
        size_t before = (size_t)(found - text.ptr);
        buf_add(replaced, (struct str){.ptr = text.ptr, .len = before});
        buf_add(replaced, to);
        text = str_after(text, before + from.len);
    }
    buf_add(replaced, text);
}

// The records, with one text in place of another in keys and data.
static struct records records_replaced(
    const struct records *records, struct str from, struct str to)
{
    struct records result = {.count = 0};
    struct buf key;
    struct buf data;
    buf_init(&key, 1 << 20);
    buf_init(&data, 10 << 20);
    for (size_t i = 0; i < records->count; i++) {
        replace(&key, records->items[i].key, from, to);
        replace(&data, records->items[i].data, from, to);
        records_add(&result, buf_str(&key), buf_str(&data));
    }
    buf_release(&key);
    buf_release(&data);
    return result;
}

static void set_partition_key(struct records *records, const char *lsn, struct str key)
{
    char member[64];
    int len = snprintf(member, sizeof member, "\"lsn\":\"%s\"", lsn);
    for (size_t i = 0; i < records->count; i++) {
        struct str data = records->items[i].data;
        if (memmem(data.ptr, data.len, member, (size_t)len)) {
            records_set_key(records, i, key);
            return;
        }
    }
    fprintf(stderr, "no record at %s\n", lsn);
    abort();
}

void differences_apply(const struct differences *differences, struct records *expected)
{
    size_t i;
    const char *lsn;
    json_t *item;
    json_array_foreach(json_object_get(differences->own, "texts"), i, item)
    {
        struct str from = text_of(json_array_get(item, 0));
        struct str to = text_of(json_array_get(item, 1));
        struct records replaced = records_replaced(expected, from, to);
        records_release(expected);
        *expected = replaced;
    }
    json_object_foreach(json_object_get(differences->own, "partition_keys"), lsn, item)
    {
        set_partition_key(expected, lsn, text_of(item));
    }
    json_array_foreach(json_object_get(differences->own, "later_records"), i, item)
    {
        records_add(expected, text_of(json_object_get(item, "partition_key")),
            text_of(json_object_get(item, "data")));
    }
}

bool differences_set_key(const struct differences *differences, struct relation *relation)
{
    char table[1000];
    snprintf(table, sizeof table, STR_FMT, STR_ARG(relation->quoted));
    const json_t *keys = json_object_get(differences->own, "primary_keys");
    const json_t *key = json_object_get(keys, table);
    struct str columns[RELATION_KEY_COLUMNS_MAX];
    size_t count = json_array_size(key);
    for (size_t i = 0; i < count; i++)
        columns[i] = text_of(json_array_get(key, i));
    if (key)
        relation_set_key(relation, columns, count);
    return key;
}
