#include "postgres/pgoutput_relation.h"

#include "base/cursor.h"
#include "postgres/encoding.h"
#include "postgres/message_text.h"
#include "postgres/quote.h"

#include <assert.h>

enum {
    TYPE_NAMES_BYTES_MAX = 1 << 20, // More than 1,600 names of NAMEDATALEN, all quoted.
    MESSAGE_BYTES_MAX = INT32_MAX
};

// https://www.postgresql.org/docs/current/catalog-pg-type.html; src/include/catalog/pg_type.dat.
enum type_oid {
    TYPE_BOOL = 16,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_OID = 26,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_NUMERIC = 1700
};

void table_reader_init(
    struct table_reader *reader, const struct keywords *keywords, struct message_text *texts)
{
    reader->keywords = keywords;
    reader->texts = texts;
    reader->type_count = 0;
    buf_init(&reader->type_names, TYPE_NAMES_BYTES_MAX);
    buf_init(&reader->quoted, 2 * ENCODING_GROWTH_MAX * (size_t)MESSAGE_BYTES_MAX);
}

void table_reader_release(struct table_reader *reader)
{
    buf_release(&reader->type_names);
    buf_release(&reader->quoted);
}

// As format_type() writes it, as far as can be told: the array of x is named _x.
static void add_type_name(struct table_reader *reader, struct str schema, struct str name)
{
    struct buf *text = &reader->type_names;
    bool is_array = name.len > 1 && name.ptr[0] == '_';
    bool is_on_the_path = schema.len == 0 || str_equal(schema, STR("public"));
    if (!is_on_the_path) {
        quote_identifier(text, schema, reader->keywords);
        buf_add_byte(text, '.');
    }
    quote_identifier(text, is_array ? str_after(name, 1) : name, reader->keywords);
    if (is_array)
        buf_add(text, STR("[]"));
}

static struct str read_name(struct table_reader *reader, struct cursor *message)
{
    return message_text_of(reader->texts, cursor_string(message));
}

bool table_reader_type(struct table_reader *reader, struct cursor *message, struct err *err)
{
    uint32_t oid = cursor_u32(message);
    struct str schema = read_name(reader, message); // "" stands for pg_catalog.
    struct str name = read_name(reader, message);
    if (!cursor_ok(message))
        return err_set(err, ERR_DATA, "a TYPE message is too short");
    if (reader->type_count == RELATION_COLUMNS_MAX)
        return err_set(err, ERR_DATA, "more TYPE messages than a table has columns");

    size_t at = reader->type_names.len;
    add_type_name(reader, schema, name);
    if (!buf_ok(&reader->type_names))
        return err_set(err, ERR_DATA, "the names of a table's types are too long");
    reader->types[reader->type_count++] =
        (struct type_note){.oid = oid, .at = at, .len = reader->type_names.len - at};
    return true;
}

static struct str type_name(const struct table_reader *reader, uint32_t oid)
{
    for (size_t i = 0; i < reader->type_count; i++) {
        const struct type_note *note = &reader->types[i];
        if (note->oid == oid)
            return (struct str){.ptr = reader->type_names.ptr + note->at, .len = note->len};
    }
    return STR("???"); // What format_type() says of a type that it does not find.
}

// The name quoted, behind what is in reader->quoted already, which does not move meanwhile.
static struct str quoted(struct table_reader *reader, struct str name)
{
    size_t at = reader->quoted.len;
    quote_identifier(&reader->quoted, name, reader->keywords);
    return str_after(buf_str(&reader->quoted), at);
}

static struct str quoted_together(struct table_reader *reader, struct str schema, struct str name)
{
    size_t at = reader->quoted.len;
    quote_identifier(&reader->quoted, schema, reader->keywords);
    buf_add_byte(&reader->quoted, '.');
    quote_identifier(&reader->quoted, name, reader->keywords);
    return str_after(buf_str(&reader->quoted), at);
}

// Room for all names of the message: a quoted one is at most twice as long as its characters and
// their terminator are; the schema may be pg_catalog and stand there as nothing.
static void make_room(struct table_reader *reader, const struct cursor *message)
{
    buf_clear(&reader->quoted);
    const size_t growth = reader->texts->encoding ? 2 * ENCODING_GROWTH_MAX : 2;
    char *room = buf_room(&reader->quoted, growth * message->rest.len + sizeof "pg_catalog.");
    assert(room);
}

// What test_decoding writes with quotes, and what without (print_literal() in its source).
static enum value_form form_of(uint32_t type_oid)
{
    switch ((enum type_oid)type_oid) {
    case TYPE_BOOL:
        return VALUE_BOOLEAN;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_OID:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
        return VALUE_BARE;
    }
    return VALUE_QUOTED;
}

static struct column read_column(struct table_reader *reader, struct cursor *message)
{
    cursor_u8(message); // Whether the replica identity has it: rows show that themselves.
    struct str name = read_name(reader, message);
    uint32_t type_oid = cursor_u32(message);
    cursor_u32(message); // The type's modifier, such as a length.
    return (struct column){
        .name = name,
        .quoted = quoted(reader, name),
        .type = type_name(reader, type_oid),
        .type_oid = type_oid,
        .form = form_of(type_oid),
    };
}

static void forget_types(struct table_reader *reader)
{
    reader->type_count = 0;
    buf_clear(&reader->type_names);
}

struct relation *table_reader_relation(
    struct table_reader *reader, struct cursor *message, struct err *err)
{
    make_room(reader, message);
    uint32_t oid = cursor_u32(message);
    struct str schema = read_name(reader, message);
    struct str name = read_name(reader, message);
    cursor_u8(message); // The replica identity: rows show what it makes of them.
    size_t count = cursor_u16(message);
    if (schema.len == 0)
        schema = STR("pg_catalog");
    if (count > RELATION_COLUMNS_MAX || oid == 0) {
        err_set(err, ERR_DATA, "a RELATION message is of no table there can be");
        return NULL;
    }
    for (size_t i = 0; i < count && cursor_ok(message); i++)
        reader->columns[i] = read_column(reader, message);
    if (!cursor_ok(message)) {
        err_set(err, ERR_DATA, "a RELATION message is too short");
        return NULL;
    }
    struct relation *relation = relation_new(&(struct relation){
        .oid = oid,
        .schema = schema,
        .name = name,
        .quoted = quoted_together(reader, schema, name),
        .columns = reader->columns,
        .column_count = count,
    });
    forget_types(reader);
    return relation;
}
