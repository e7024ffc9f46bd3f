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

static struct json_text json_since(const struct buf *json, size_t at, size_t invalid)
{
    return (struct json_text){.text = str_after(buf_str(json), at), .invalid = invalid};
}

static struct json_text quoted_json(struct buf *json, struct str quoted)
{
    const size_t at = json->len;
    buf_add(json, STR("\",\"table\":"));
    const size_t invalid = json_write_string(json, quoted);
    buf_add(json, STR(",\"operation\":\""));
    return json_since(json, at, invalid);
}

static struct json_text name_json(struct buf *json, const struct column *column)
{
    const size_t at = json->len;
    buf_add_byte(json, ',');
    const size_t invalid = json_write_string(json, column->quoted);
    buf_add(json, STR(":{"));
    return json_since(json, at, invalid);
}

static size_t write_type(struct buf *json, const struct column *column, bool is_quoted)
{
    buf_add(json, is_quoted ? STR("{\"q\":\"true\",\"t\":") : STR("{\"q\":\"false\",\"t\":"));
    const size_t invalid = json_write_string(json, column->type);
    buf_add(json, STR(",\"v\":\""));
    return invalid;
}

static struct json_text new_json(struct buf *json, const struct column *column, bool is_quoted)
{
    const size_t at = json->len;
    size_t invalid = name_json(json, column).invalid;
    buf_add(json, STR("\"new\":"));
    invalid += write_type(json, column, is_quoted);
    return json_since(json, at, invalid);
}

static struct json_text old_json(struct buf *json, const struct column *column, bool is_quoted)
{
    const size_t at = json->len;
    buf_add(json, STR("\"old\":"));
    const size_t invalid = write_type(json, column, is_quoted);
    return json_since(json, at, invalid);
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

static void write_texts(struct relation *relation)
{
    struct column *columns = own_columns(relation);
    struct buf *texts = &relation->texts;
    relation->quoted_utf8 = utf8_of(texts, relation->quoted);
    relation->quoted_json = quoted_json(texts, relation->quoted);
    for (size_t i = 0; i < relation->column_count; i++) {
        struct column *column = &columns[i];
        column->shown = shown_of(texts, column);
        column->name_json = name_json(texts, column);
        for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
            column->new_json[is_quoted] = new_json(texts, column, is_quoted);
            column->old_json[is_quoted] = old_json(texts, column, is_quoted);
        }
    }
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
static void prepare_key_texts(struct buf *texts, struct key_column *key, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += UTF8_GROWTH_MAX * key[i].name.len;
    buf_release(texts);
    buf_init(texts, bytes);
    buf_room(texts, bytes);
    for (size_t i = 0; i < count; i++)
        key[i].name_utf8 = utf8_of(texts, key[i].name);
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
    prepare_key_texts(&relation->key_texts, key, count);
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
