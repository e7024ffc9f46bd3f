#include "model/relation.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t relation_table(struct str quoted)
{
    return str_hash(quoted);
}

// Copies text to *room and moves *room behind it.
static struct str placed(char **room, struct str text)
{
    memcpy(*room, text.ptr, text.len);
    struct str copy = {.ptr = *room, .len = text.len};
    *room += text.len;
    return copy;
}

static size_t text_bytes(const struct relation *shown)
{
    size_t bytes = shown->schema.len + shown->name.len + shown->quoted.len;
    for (size_t i = 0; i < shown->column_count; i++) {
        const struct column *column = &shown->columns[i];
        bytes += column->name.len + column->quoted.len + column->type.len;
    }
    return bytes;
}

static int by_quoted_name(const void *a, const void *b, void *columns)
{
    const struct column *all = columns;
    return str_compare(all[*(const uint16_t *)a].quoted, all[*(const uint16_t *)b].quoted);
}

// They lie in the relation's own block: relation_new() wrote them.
static struct column *own_columns(struct relation *relation)
{
    return (struct column *)relation->columns;
}

static struct str utf8_of(struct buf *texts, struct str name)
{
    const size_t at = texts->len;
    utf8_write(texts, name);
    return str_after(buf_str(texts), at);
}

static void write_table_json(struct relation *relation)
{
    struct buf *json = &relation->texts;
    const size_t at = json->len;
    buf_add(json, STR("\",\"table\":"));
    relation->quoted_invalid = json_write_string(json, relation->quoted);
    buf_add(json, STR(",\"operation\":\""));
    relation->quoted_json = str_after(buf_str(json), at);
}

static void write_column_json(struct buf *json, struct column *column, bool is_quoted)
{
    const size_t at = json->len;
    buf_add(json, STR("\"}},"));
    column->name_invalid = (uint32_t)json_write_string(json, column->quoted);
    buf_add(json, STR(":{"));
    column->json_name = (uint32_t)(json->len - at);
    buf_add(json, STR("\"new"));
    column->json_value = (uint32_t)(json->len - at);
    buf_add(json, is_quoted ? STR("\":{\"q\":\"true\",\"t\":") : STR("\":{\"q\":\"false\",\"t\":"));
    column->type_invalid = (uint32_t)json_write_string(json, column->type);
    buf_add(json, STR(",\"v\":\""));
    column->json[is_quoted] = str_after(buf_str(json), at);
}

static struct str shown_of(struct buf *texts, const struct column *column)
{
    const size_t at = texts->len;
    buf_add_byte(texts, ' ');
    buf_add(texts, column->quoted);
    buf_add_byte(texts, '[');
    buf_add(texts, column->type);
    buf_add(texts, STR("]:"));
    return str_after(buf_str(texts), at);
}

static void write_column_texts(struct buf *texts, struct column *column)
{
    const bool form_is_known = column->type_oid > 0;
    column->shown = form_is_known ? STR("") : shown_of(texts, column);
    write_column_json(texts, column, false);
    column->json[true] = STR("");
    if (!form_is_known || column->form == VALUE_QUOTED)
        write_column_json(texts, column, true);
}

static void write_texts(struct relation *relation)
{
    struct column *columns = own_columns(relation);
    relation->quoted_utf8 = utf8_of(&relation->texts, relation->quoted);
    write_table_json(relation);
    for (size_t i = 0; i < relation->column_count; i++)
        write_column_texts(&relation->texts, &columns[i]);
}

// Measured in a buf without room, then written into one that holds it all, so that nothing moves.
static void prepare_texts(struct relation *relation)
{
    struct buf *texts = &relation->texts;
    buf_release(texts);
    buf_init(texts, 0);
    write_texts(relation);
    const size_t bytes = buf_wanted(texts);

    buf_init(texts, bytes);
    buf_room(texts, bytes);
    write_texts(relation);
    assert(buf_ok(texts));
}

struct relation *relation_new(const struct relation *shown)
{
    size_t count = shown->column_count;
    assert(count <= RELATION_COLUMNS_MAX);
    size_t columns_at = sizeof(struct relation);
    size_t sorted_at = columns_at + count * sizeof(struct column);
    size_t text_at = sorted_at + count * sizeof(uint16_t);
    char *block = alloc_bytes(text_at + text_bytes(shown));
    char *room = block + text_at;

    struct column *columns = (struct column *)(block + columns_at);
    uint16_t *sorted = (uint16_t *)(block + sorted_at);
    for (size_t i = 0; i < count; i++) {
        columns[i] = shown->columns[i];
        columns[i].name = placed(&room, shown->columns[i].name);
        columns[i].quoted = placed(&room, shown->columns[i].quoted);
        columns[i].type = placed(&room, shown->columns[i].type);
        sorted[i] = (uint16_t)i;
    }
    qsort_r(sorted, count, sizeof *sorted, by_quoted_name, columns);

    struct relation *relation = (struct relation *)block;
    *relation = (struct relation){
        .oid = shown->oid,
        .schema = placed(&room, shown->schema),
        .name = placed(&room, shown->name),
        .quoted = placed(&room, shown->quoted),
        .columns = columns,
        .column_count = count,
        .table = relation_table(shown->quoted),
        .sorted = sorted,
    };
    prepare_texts(relation);
    return relation;
}

void relation_free(struct relation *relation)
{
    free((void *)relation->key);
    free(relation->type_names);
    buf_release(&relation->texts);
    buf_release(&relation->key_texts);
    free(relation);
}

static int held_column(const struct relation *relation, struct str name)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (str_equal(relation->columns[i].quoted, name))
            return (int)i;
    return KEY_COLUMN_NOT_HELD;
}

// Room for all of them at once, so that none moves.
static void prepare_key_texts(struct relation *relation, struct key_column *key, size_t count)
{
    size_t bytes = relation->quoted_utf8.len;
    for (size_t i = 0; i < count; i++)
        bytes += UTF8_GROWTH_MAX * key[i].name.len;
    struct buf *texts = &relation->key_texts;
    buf_release(texts);
    buf_init(texts, bytes);
    buf_room(texts, bytes);
    buf_add(texts, relation->quoted_utf8);
    for (size_t i = 0, begin = 0; i < count; begin = texts->len, i++) {
        utf8_write(texts, key[i].name);
        key[i].before = str_after(buf_str(texts), begin);
    }
}

void relation_set_key(struct relation *relation, const struct str *names, size_t count)
{
    assert(count <= RELATION_KEY_COLUMNS_MAX);
    size_t bytes = count * sizeof(struct key_column);
    for (size_t i = 0; i < count; i++)
        bytes += names[i].len;
    char *block = alloc_bytes(bytes);
    char *room = block + count * sizeof(struct key_column);

    struct key_column *key = (struct key_column *)block;
    for (size_t i = 0; i < count; i++) {
        key[i].name = placed(&room, names[i]);
        key[i].column = held_column(relation, names[i]);
    }
    prepare_key_texts(relation, key, count);
    free((void *)relation->key);
    relation->key = key;
    relation->key_count = count;
}

void relation_set_types(struct relation *relation, const struct str *types)
{
    size_t bytes = 0;
    for (size_t i = 0; i < relation->column_count; i++)
        bytes += types[i].len;
    char *names = alloc_bytes(bytes);
    char *room = names;

    struct column *columns = own_columns(relation);
    for (size_t i = 0; i < relation->column_count; i++)
        columns[i].type = placed(&room, types[i]);
    free(relation->type_names);
    relation->type_names = names;
    prepare_texts(relation);
}
