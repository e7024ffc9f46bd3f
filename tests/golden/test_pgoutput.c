// What pgoutput and test_decoding said of the same changes, on each version: the two must come to
// the same records. capture_pgoutput.py wrote the files and says what is in them.
#include "cmocka_prelude.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_map.h"
#include "encode/json.h"
#include "encode/partition_key.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/pgoutput.h"
#include "postgres/quote.h"
#include "postgres/test_decoding.h"
#include "show_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *directory;

enum {
    FILE_BYTES_MAX = 1 << 20,
    OID_TEXT_BYTES = 12
};

struct server {
    struct keywords keywords;
    struct hash_map types; // By the oid in decimal; the names are the map's values.
    struct pgoutput *pgoutput;
    struct test_decoding *test_decoding;
    bool has_messages; // pgoutput tells of them since 14.
    size_t messages;
    struct buf from_pgoutput; // Records, one a line, with where and in which order they were.
    struct buf from_test_decoding;
    struct buf key;
};

static struct str type_named(struct server *server, uint32_t oid)
{
    char text[OID_TEXT_BYTES];
    snprintf(text, sizeof text, "%u", oid);
    const char *name = hash_map_get(&server->types, str_from_c(text));
    if (!name)
        fail_msg("the server was not asked for type %u", oid);
    return str_from_c(name);
}

// Stands for the catalog.
static void complete(struct server *server, struct relation *const *relations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct relation *relation = relations[i];
        struct str types[RELATION_COLUMNS_MAX];
        for (size_t column = 0; column < relation->column_count; column++)
            types[column] = type_named(server, relation->columns[column].type_oid);
        relation_set_types(relation, types);
    }
}

static void put_event(struct server *server, const struct event *event, struct buf *told)
{
    const struct str opening = STR("{\"time\":\"2026-11-22T00:00:00Z\",\"lsn\":\"");
    bool is_told = event->kind == EVENT_CHANGE || event->kind == EVENT_TRUNCATE ||
                   (event->kind == EVENT_MESSAGE && server->has_messages);
    if (!is_told)
        return;
    buf_printf(told, LSN_FMT " ", LSN_ARG(event->lsn));
    // A message alone in its transaction comes without it from test_decoding up to 16.
    if (event->kind != EVENT_MESSAGE)
        buf_printf(told, "xid %u ", event->txn.xid);
    if (event->kind != EVENT_MESSAGE && server->has_messages) // They count, too.
        buf_printf(told, "ordinal %u ", (unsigned)event->ordinal);
    if (event->kind == EVENT_CHANGE) {
        partition_key_of(&server->key, event);
        buf_add(told, buf_str(&server->key));
        json_encode_change(told, event, &(struct json_frame){.opening = opening});
    } else {
        show_event(told, event);
    }
    buf_add_byte(told, '\n');
}

static unsigned nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

// The bytes that hex stands for, in memory of exactly their size; the caller's to free.
static char *bytes_of(struct str hex)
{
    char *bytes = alloc_bytes(hex.len / 2);
    for (size_t i = 0; i < hex.len / 2; i++)
        bytes[i] = (char)(nibble(hex.ptr[2 * i]) << 4 | nibble(hex.ptr[2 * i + 1]));
    return bytes;
}

static void assert_no_prefix_is_read(struct server *server, lsn_t lsn, struct str message)
{
    for (size_t len = 0; len < message.len; len++) {
        char *exact = alloc_bytes(len);
        memcpy(exact, message.ptr, len);
        const struct wal_data data = {.start = lsn, .end = lsn, .payload = {exact, len}};
        struct event event;
        struct err err = {.kind = ERR_NONE};
        if (pgoutput_read(server->pgoutput, data, &event, &err))
            fail_msg("%zu bytes of %zu of a message '%c' were read", len, message.len, *exact);
        assert_int_equal(err.kind, ERR_DATA);
        free(exact);
    }
}

static void read_pgoutput(struct server *server, struct wal_data data)
{
    assert_no_prefix_is_read(server, data.start, data.payload);
    struct event event;
    struct err err;
    if (!pgoutput_read(server->pgoutput, data, &event, &err))
        fail_msg("%s", err.text);
    assert_int_not_equal(event.kind, EVENT_UNKNOWN);
    size_t count = 0;
    struct relation *const *relations = pgoutput_relations(server->pgoutput, &count);
    complete(server, relations, count);
    put_event(server, &event, &server->from_pgoutput);
    server->messages++;
}

// The one difference: pgoutput tells a partitioned table's TRUNCATE by its partitions alone, which
// hold the rows.
static void take_out_partitioned(struct event *event)
{
    struct truncate *truncate = &event->truncate;
    if (event->kind != EVENT_TRUNCATE ||
        !str_equal(truncate->relations[0]->quoted, STR("public.parts")))
        return;
    truncate->relations++;
    truncate->count--;
}

static void read_test_decoding(struct server *server, struct wal_data data)
{
    struct event event;
    struct err err;
    if (!test_decoding_read(server->test_decoding, data, &event, &err))
        fail_msg("%s", err.text);
    take_out_partitioned(&event);
    put_event(server, &event, &server->from_test_decoding);
}

static void read_said(struct server *server, struct str line,
    void (*read)(struct server *server, struct wal_data data))
{
    struct err err;
    lsn_t lsn = 0;
    assert_true(lsn_parse(str_cut(&line, ' '), &lsn, &err));
    char *bytes = bytes_of(line);
    read(server, (struct wal_data){.start = lsn, .end = lsn, .payload = {bytes, line.len / 2}});
    free(bytes);
}

static void read_type(struct server *server, struct str line)
{
    struct str oid = str_cut(&line, ' ');
    free(hash_map_put(&server->types, oid, strndup(line.ptr, line.len)));
}

static void read_line(struct server *server, struct str line)
{
    struct str word = str_cut(&line, ' ');
    if (str_equal(word, STR("keyword")))
        keywords_add(&server->keywords, line);
    else if (str_equal(word, STR("type")))
        read_type(server, line);
    else if (str_equal(word, STR("pgoutput")))
        read_said(server, line, read_pgoutput);
    else if (str_equal(word, STR("test_decoding")))
        read_said(server, line, read_test_decoding);
    else
        fail_msg("unknown line: " STR_FMT, STR_ARG(word));
}

static struct buf file_of(const char *version)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/pgoutput/%s.txt", directory, version);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    struct buf bytes;
    buf_init(&bytes, FILE_BYTES_MAX);
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&bytes, (struct str){.ptr = piece, .len = len});
    fclose(file);
    assert_true(buf_ok(&bytes) && bytes.len > 0);
    return bytes;
}

static struct server *server_new(const char *version)
{
    struct server *server = alloc_zeroed(1, sizeof *server);
    keywords_init(&server->keywords);
    hash_map_init(&server->types);
    server->pgoutput = pgoutput_new(&server->keywords, NULL);
    server->test_decoding = test_decoding_new();
    server->has_messages = strcmp(version, "13") != 0;
    buf_init(&server->from_pgoutput, FILE_BYTES_MAX);
    buf_init(&server->from_test_decoding, FILE_BYTES_MAX);
    partition_key_init(&server->key);
    return server;
}

static void server_free(struct server *server)
{
    keywords_release(&server->keywords);
    size_t at = 0;
    for (void *name; (name = hash_map_next(&server->types, &at));)
        free(name);
    hash_map_release(&server->types);
    pgoutput_free(server->pgoutput);
    test_decoding_free(server->test_decoding);
    buf_release(&server->from_pgoutput);
    buf_release(&server->from_test_decoding);
    buf_release(&server->key);
    free(server);
}

static void assert_same_lines(struct str expected, struct str actual)
{
    while (expected.len > 0 || actual.len > 0) {
        struct str wanted = str_cut(&expected, '\n');
        struct str line = str_cut(&actual, '\n');
        if (!str_equal(wanted, line))
            fail_msg(
                "test_decoding: " STR_FMT "\npgoutput: " STR_FMT, STR_ARG(wanted), STR_ARG(line));
    }
}

static void both_plugins_give_the_same_records(void **state)
{
    struct server *server = server_new(*state);
    struct buf bytes = file_of(*state);
    struct str rest = buf_str(&bytes);
    while (rest.len > 0)
        read_line(server, str_cut(&rest, '\n'));

    assert_true(server->messages > 100);
    assert_same_lines(buf_str(&server->from_test_decoding), buf_str(&server->from_pgoutput));
    buf_release(&bytes);
    server_free(server);
}

#define OF_VERSION(number)                                                                         \
    {                                                                                              \
        .name = "both_plugins_give_the_same_records_of_" number,                                   \
        .test_func = both_plugins_give_the_same_records, .initial_state = number                   \
    }

int main(int argc, char **argv)
{
    directory = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        OF_VERSION("13"),
        OF_VERSION("14"),
        OF_VERSION("15"),
        OF_VERSION("16"),
        OF_VERSION("17"),
        OF_VERSION("18"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
