// The original's records, byte for byte: each scenario's NAME.test_decoding.txt goes through
// decoder, keys and encoder and must give NAME.jsonl, but for the differences written by hand.
//
// What a live test adds (tests/integration): the catalog, which here NAME.meta.json stands for, the
// selection, for which here the tables count that the original selected, and the stream itself.
#include "../unit/cmocka_prelude.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "differences.h"
#include "encode/json.h"
#include "encode/partition_key.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/test_decoding.h"
#include "records.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCENARIOS = 62, // large_txn_6mb comes without its text.
    FILE_BYTES_MAX = 4 << 20,
    RECORD_BYTES_MAX = 1 << 20 // The limit of a stream; what is over it is left out.
};

static const char *directory;

struct scenario {
    const char *name;
    json_t *meta;
    struct differences *differences;
    struct records expected;
    struct records actual;
    struct test_decoding *decoder;
    struct buf key;
    struct buf data;
};

static struct buf file_of(const char *scenario, const char *suffix)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", directory, scenario, suffix);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    struct buf bytes;
    buf_init(&bytes, FILE_BYTES_MAX);
    char *room = buf_room(&bytes, FILE_BYTES_MAX);
    buf_grow(&bytes, fread(room, 1, FILE_BYTES_MAX, file));
    assert_true(feof(file));
    fclose(file);
    return bytes;
}

// Adds a record of the original's, its time made the one that stands for all.
static void add_expected(struct scenario *scenario, struct str key, struct str data)
{
    const struct str head = STR("{\"time\":\"");
    assert_true(str_starts_with(data, head));
    struct str rest = str_after(data, head.len);
    str_cut(&rest, '"');
    struct buf dated;
    buf_init(&dated, FILE_BYTES_MAX);
    buf_add(&dated, head);
    buf_add(&dated, STR(GOLDEN_TIME "\""));
    buf_add(&dated, rest);
    records_add(&scenario->expected, key, buf_str(&dated));
    buf_release(&dated);
}

static void read_expected(struct scenario *scenario)
{
    struct buf bytes = file_of(scenario->name, ".jsonl");
    struct str rest = buf_str(&bytes);
    while (rest.len > 0) {
        struct str line = str_cut(&rest, '\n');
        json_t *record = json_loadb(line.ptr, line.len, 0, NULL);
        json_t *key = json_object_get(record, "partition_key");
        json_t *data = json_object_get(record, "data");
        assert_true(json_is_string(key) && json_is_string(data));
        add_expected(scenario, (struct str){json_string_value(key), json_string_length(key)},
            (struct str){json_string_value(data), json_string_length(data)});
        json_decref(record);
    }
    buf_release(&bytes);
}

// True when the original put a record of the table, or nothing was left out at all.
static bool is_selected(const struct scenario *scenario, const struct relation *relation)
{
    if (json_array_size(json_object_get(scenario->meta, "args")) == 0)
        return true;
    struct buf member;
    buf_init(&member, 1000);
    buf_add(&member, STR("\"table\":"));
    json_write_string(&member, relation->quoted);
    bool found = false;
    for (size_t i = 0; !found && i < scenario->expected.count; i++) {
        struct str data = scenario->expected.items[i].data;
        found = memmem(data.ptr, data.len, member.ptr, member.len);
    }
    buf_release(&member);
    return found;
}

// Does what the catalog does: gives each relation its primary key.
static void set_key(const struct scenario *scenario, struct relation *relation)
{
    if (differences_set_key(scenario->differences, relation))
        return;
    struct buf name;
    buf_init(&name, 1000);
    buf_add(&name, relation->schema);
    buf_add_byte(&name, '.');
    buf_add(&name, relation->name);
    const json_t *keys = json_object_get(scenario->meta, "pks_at_start");
    const json_t *key = json_object_get(keys, buf_c(&name));
    struct str columns[RELATION_KEY_COLUMNS_MAX];
    size_t count = json_array_size(key);
    for (size_t i = 0; i < count; i++)
        columns[i] = str_from_c(json_string_value(json_array_get(key, i)));
    relation_set_key(relation, columns, count);
    buf_release(&name);
}

static void put(struct scenario *scenario, const struct relation *relation)
{
    if (is_selected(scenario, relation) && buf_ok(&scenario->data))
        records_add(&scenario->actual, buf_str(&scenario->key), buf_str(&scenario->data));
}

static void put_event(struct scenario *scenario, const struct event *event)
{
    size_t count = 0;
    struct relation *const *relations = test_decoding_relations(scenario->decoder, &count);
    for (size_t i = 0; i < count; i++)
        set_key(scenario, relations[i]);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&scenario->data);
        if (event->kind == EVENT_CHANGE) {
            partition_key_of(&scenario->key, event);
            json_encode_change(
                &scenario->data, event, &(struct json_frame){.opening = STR(GOLDEN_OPENING)});
        } else {
            partition_key_of_relation(&scenario->key, relations[i]);
            json_encode_truncate(&scenario->data, event, relations[i],
                &(struct json_frame){.opening = STR(GOLDEN_OPENING)});
        }
        put(scenario, relations[i]);
    }
}

// True when text is at the start of an entry: LSN TAB xid TAB and one of the four first words. A
// value may span lines, so an entry ends where the next one starts.
static bool starts_entry(struct str text)
{
    struct str rest = text;
    struct err err;
    lsn_t lsn = 0;
    uint64_t xid = 0;
    if (!memchr(text.ptr, '\t', text.len < 20 ? text.len : 20) ||
        !lsn_parse(str_cut(&rest, '\t'), &lsn, &err) ||
        !str_to_u64(str_cut(&rest, '\t'), 0, UINT32_MAX, &xid))
        return false;
    return str_starts_with(rest, STR("BEGIN")) || str_starts_with(rest, STR("COMMIT")) ||
           str_starts_with(rest, STR("table")) || str_starts_with(rest, STR("message"));
}

static struct str cut_entry(struct str *rest)
{
    struct str entry = *rest;
    do {
        str_cut(rest, '\n');
    } while (rest->len > 0 && !starts_entry(*rest));
    entry.len -= rest->len;
    if (entry.ptr[entry.len - 1] == '\n')
        entry.len--;
    return entry;
}

static void read_actual(struct scenario *scenario)
{
    struct buf bytes = file_of(scenario->name, ".test_decoding.txt");
    struct str rest = buf_str(&bytes);
    while (rest.len > 0) {
        struct str line = cut_entry(&rest);
        struct err err = {.kind = ERR_NONE};
        lsn_t lsn = 0;
        assert_true(lsn_parse(str_cut(&line, '\t'), &lsn, &err));
        str_cut(&line, '\t');
        const struct wal_data data = {.start = lsn, .end = lsn, .payload = line};
        struct event event;
        if (!test_decoding_read(scenario->decoder, data, &event, &err))
            fail_msg("%s", err.text);
        assert_int_not_equal(event.kind, EVENT_UNKNOWN);
        put_event(scenario, &event);
    }
    buf_release(&bytes);
}

static void gives_the_originals_records(void **state)
{
    struct scenario scenario = {.name = *state, .decoder = test_decoding_new()};
    partition_key_init(&scenario.key);
    buf_init(&scenario.data, RECORD_BYTES_MAX);
    struct buf meta = file_of(scenario.name, ".meta.json");
    scenario.meta = json_loadb(meta.ptr, meta.len, 0, NULL);
    assert_non_null(scenario.meta);
    scenario.differences = differences_read(directory, scenario.name);

    read_expected(&scenario);
    read_actual(&scenario);
    differences_apply(scenario.differences, &scenario.expected);

    struct buf difference;
    buf_init(&difference, 10000);
    if (!records_agree(&scenario.expected, &scenario.actual, &difference))
        fail_msg("%s: %s", scenario.name, buf_c(&difference));
    buf_release(&difference);
    buf_release(&meta);
    buf_release(&scenario.key);
    buf_release(&scenario.data);
    json_decref(scenario.meta);
    differences_free(scenario.differences);
    records_release(&scenario.expected);
    records_release(&scenario.actual);
    test_decoding_free(scenario.decoder);
}

static int is_text(const struct dirent *entry)
{
    return strstr(entry->d_name, ".test_decoding.txt") != NULL;
}

int main(int argc, char **argv)
{
    directory = argc > 1 ? argv[1] : ".";
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_text, alphasort);
    if (count != SCENARIOS) {
        fprintf(stderr, "%s: %d scenarios in place of %d\n", directory, count, SCENARIOS);
        return 1;
    }
    struct CMUnitTest tests[SCENARIOS] = {{.name = NULL}};
    for (int i = 0; i < count; i++) {
        *strchr(entries[i]->d_name, '.') = 0;
        tests[i] = (struct CMUnitTest){.name = entries[i]->d_name,
            .test_func = gives_the_originals_records,
            .initial_state = entries[i]->d_name};
    }
    int failed = cmocka_run_group_tests_name("golden", tests, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
