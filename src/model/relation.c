#include "model/relation.h"

#include "base/alloc.h"
#include "base/json_write.h"

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

static struct json_name json_name_of(
    struct buf *json, struct str before, struct str name, struct str after)
{
    size_t at = json->len;
    buf_add(json, before);
    size_t invalid = json_write_string(json, name);
    buf_add(json, after);
    return (struct json_name){.text = str_after(buf_str(json), at), .invalid = invalid};
}

static void write_names(struct relation *relation)
{
    struct column *columns = own_columns(relation);
    struct buf *json = &relation->json;
    relation->quoted_json = json_name_of(json, STR(""), relation->quoted, STR(""));
    for (size_t i = 0; i < relation->column_count; i++) {
        columns[i].quoted_json = json_name_of(json, STR(""), columns[i].quoted, STR(":{"));
        columns[i].type_json =
            json_name_of(json, STR(",\"t\":"), columns[i].type, STR(",\"v\":\""));
    }
}

// Measured in a buf without room, then written into one that holds them all, so that none moves.
static void write_names_as_json(struct relation *relation)
{
    buf_release(&relation->json);
    buf_init(&relation->json, 0);
    write_names(relation);
    size_t bytes = buf_wanted(&relation->json);

    buf_init(&relation->json, bytes);
    buf_room(&relation->json, bytes);
    write_names(relation);
    assert(buf_ok(&relation->json));
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
    write_names_as_json(relation);
    return relation;
}

void relation_free(struct relation *relation)
{
    free((void *)relation->key);
    free(relation->type_names);
    buf_release(&relation->json);
    free(relation);
}

static int held_column(const struct relation *relation, struct str name)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (str_equal(relation->columns[i].quoted, name))
            return (int)i;
    return KEY_COLUMN_NOT_HELD;
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
    write_names_as_json(relation);
}
