// pgoutput_relation - what pgoutput says of tables before it speaks of their rows.
//
// A TYPE message comes for each column of a type that is not built in, all of them right before the
// RELATION message that they belong to. It names the type without its schema's place in the search
// path, and of a domain the base type's name: good enough where the catalog knows better no more.
#ifndef PGK_POSTGRES_PGOUTPUT_RELATION_H
#define PGK_POSTGRES_PGOUTPUT_RELATION_H

#include "base/buf.h"
#include "base/err.h"
#include "model/relation.h"

struct cursor;
struct keywords;
struct message_text;

struct type_note {
    uint32_t oid;
    size_t at; // Where its name is in type_names.
    size_t len;
};

struct table_reader {
    const struct keywords *keywords; // Borrowed.
    struct message_text *texts;      // Borrowed.
    struct type_note types[RELATION_COLUMNS_MAX];
    size_t type_count;
    struct buf type_names;
    struct buf quoted;
    struct column columns[RELATION_COLUMNS_MAX];
};

// `texts` were begun for each message that is read.
void table_reader_init(
    struct table_reader *reader, const struct keywords *keywords, struct message_text *texts);
void table_reader_release(struct table_reader *reader);

// Each reads a message after its first byte; ERR_DATA says what is wrong with it.
MUST_CHECK bool table_reader_type(
    struct table_reader *reader, struct cursor *message, struct err *err);

// The relation, its owner's to free, NULL with *err. Its types bear the names that the messages
// told, "???" where they told none (built-in types, too), until the catalog gives them their own.
struct relation *table_reader_relation(
    struct table_reader *reader, struct cursor *message, struct err *err);

#endif
