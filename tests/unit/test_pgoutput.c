#include "cmocka_prelude.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/event.h"
#include "model/relation.h"
#include "postgres/pgoutput.h"
#include "postgres/quote.h"
#include "show_event.h"

#include <stdlib.h>
#include <string.h>

// A message in a literal: its bytes, zeros included, without the terminator.
#define BYTES(literal) ((struct str){.ptr = (literal), .len = sizeof(literal) - 1})

#define BEGIN_7  BYTES("B\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\x2a\0\0\0\7")
#define COMMIT_7 BYTES("C\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\x30\0\0\0\0\0\0\0\x2a")
// public.t: id integer, v text.
#define TABLE_T                                                                                    \
    BYTES("R\0\0\x40\x10public\0t\0d\0\2\1id\0\0\0\0\x17\xff\xff\xff\xff"                          \
          "\0v\0\0\0\0\x19\xff\xff\xff\xff")
#define INSERT_1                                                                                   \
    BYTES("I\0\0\x40\x10N\0\2t\0\0\0\1"                                                            \
          "1t\0\0\0\1x")

// A decoder and what it read last. The message lies in memory of exactly its size, so that a
// sanitizer sees one byte too many.
struct reading {
    struct keywords keywords;
    struct pgoutput *decoder;
    char *message;
    struct event event;
    struct err err;
    struct buf shown;
};

static struct reading *reading_new(void)
{
    struct reading *reading = alloc_zeroed(1, sizeof *reading);
    keywords_init(&reading->keywords);
    keywords_add(&reading->keywords, STR("user"));
    reading->decoder = pgoutput_new(&reading->keywords, NULL);
    buf_init(&reading->shown, 1 << 20);
    return reading;
}

static void reading_free(struct reading *reading)
{
    pgoutput_free(reading->decoder);
    keywords_release(&reading->keywords);
    free(reading->message);
    buf_release(&reading->shown);
    free(reading);
}

static bool read_at(struct reading *reading, lsn_t lsn, struct str message)
{
    free(reading->message);
    reading->message = alloc_bytes(message.len);
    memcpy(reading->message, message.ptr, message.len);
    reading->err = (struct err){.kind = ERR_NONE};
    const struct wal_data data = {
        .start = lsn, .end = lsn, .payload = {.ptr = reading->message, .len = message.len}};
    return pgoutput_read(reading->decoder, data, &reading->event, &reading->err);
}

static void assert_reads(struct reading *reading, struct str message, const char *shown)
{
    if (!read_at(reading, 0x130, message))
        fail_msg("%s", reading->err.text);
    buf_clear(&reading->shown);
    show_event(&reading->shown, &reading->event);
    assert_string_equal(buf_c(&reading->shown), shown);
}

static void assert_refuses(struct reading *reading, struct str message, enum err_kind kind)
{
    assert_false(read_at(reading, 0x130, message));
    assert_int_equal(reading->err.kind, kind);
}

// In a transaction, with public.t described.
static struct reading *reading_of_t(void)
{
    struct reading *reading = reading_new();
    assert_reads(reading, BEGIN_7, "begin 7");
    assert_reads(reading, TABLE_T, "none");
    return reading;
}

static void a_begin_tells_where_and_when_it_commits(void **state)
{
    (void)state;
    struct reading *reading = reading_new();

    assert_reads(reading, BEGIN_7, "begin 7");

    assert_true(reading->event.txn.commit_lsn == 0x100);
    assert_true(reading->event.txn.commit_time_us == 946684800000042);
    assert_reads(reading, TABLE_T, "none");
    assert_reads(reading, INSERT_1, "insert <public> <t> new id:?=1 v:?='x'");
    assert_true(reading->event.txn.commit_lsn == 0x100);
    assert_int_equal(reading->event.txn.xid, 7);
    reading_free(reading);
}

static void a_commit_tells_its_end(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    assert_reads(reading, BEGIN_7, "begin 7");

    assert_reads(reading, COMMIT_7, "commit 7");

    assert_true(reading->event.end_lsn == 0x130);
    assert_true(reading->event.txn.commit_lsn == 0x100);
    reading_free(reading);
}

static void a_commit_that_ends_beyond_what_was_sent_is_refused(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    assert_reads(reading, BEGIN_7, "begin 7");

    assert_false(read_at(reading, 0x12f, COMMIT_7));

    assert_int_equal(reading->err.kind, ERR_DATA);
    reading_free(reading);
}

static void transactions_come_one_after_the_other(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    assert_refuses(reading, COMMIT_7, ERR_DATA);
    assert_reads(reading, TABLE_T, "none");
    assert_refuses(reading, INSERT_1, ERR_DATA);
    assert_refuses(reading, BYTES("B\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\x2a\0\0\0\0"), ERR_DATA);
    assert_refuses(reading, BYTES("T\0\0\0\1\0\0\0\x40\x10"), ERR_DATA);
    assert_reads(reading, BEGIN_7, "begin 7");
    assert_refuses(reading, BEGIN_7, ERR_DATA);
    assert_refuses(
        reading, BYTES("C\0\0\0\0\0\0\0\1\1\0\0\0\0\0\0\1\x30\0\0\0\0\0\0\0\x2a"), ERR_DATA);
    assert_reads(reading, COMMIT_7, "commit 7");
    reading_free(reading);
}

static void an_update_shows_the_old_key_where_it_changed(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading,
        BYTES("U\0\0\x40\x10N\0\2t\0\0\0\1"
              "1t\0\0\0\1y"),
        "update <public> <t> new id:?=1 v:?='y'");
    assert_reads(reading,
        BYTES("U\0\0\x40\x10K\0\2t\0\0\0\1"
              "1nN\0\2t\0\0\0\1"
              "2n"),
        "update <public> <t> old id:?=1 v:?=absent new id:?=2 v:?=NULL");
    reading_free(reading);
}

static void a_whole_old_row_leaves_out_what_is_null(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading,
        BYTES("U\0\0\x40\x10O\0\2t\0\0\0\1"
              "1nN\0\2t\0\0\0\1"
              "1t\0\0\0\0"),
        "update <public> <t> old id:?=1 v:?=absent new id:?=1 v:?=''");
    assert_reads(
        reading, BYTES("D\0\0\x40\x10O\0\2nn"), "delete <public> <t> old id:?=absent v:?=absent");
    reading_free(reading);
}

static void a_delete_shows_the_old_key(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading,
        BYTES("D\0\0\x40\x10K\0\2t\0\0\0\1"
              "1n"),
        "delete <public> <t> old id:?=1 v:?=absent");
    reading_free(reading);
}

static void a_large_value_left_alone_stays_unchanged(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading,
        BYTES("U\0\0\x40\x10O\0\2t\0\0\0\1"
              "1t\0\0\0\1yN\0\2t\0\0\0\1"
              "1u"),
        "update <public> <t> old id:?=1 v:?='y' new id:?=1 v:?=unchanged");
    reading_free(reading);
}

static void a_truncate_names_all_its_tables(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading,
        BYTES("R\0\0\x40\x11"
              "S\0user\0n\0\0"),
        "none");

    assert_reads(
        reading, BYTES("T\0\0\0\2\3\0\0\x40\x10\0\0\x40\x11"), "truncate public.t \"S\".\"user\"");

    size_t count = 0;
    struct relation *const *relations = pgoutput_relations(reading->decoder, &count);
    assert_int_equal(count, 2);
    assert_int_equal(relations[1]->oid, 0x4011);
    reading_free(reading);
}

static void numbers_and_booleans_are_not_quoted(void **state)
{
    (void)state;
    static const struct {
        unsigned oid;
        const char *value;
        const char *shown;
    } types[] = {
        {21, "1", "=1"},
        {23, "-1", "=-1"},
        {20, "1", "=1"},
        {26, "1", "=1"},
        {700, "NaN", "=NaN"},
        {701, "1e-7", "=1e-7"},
        {1700, "1.50", "=1.50"},
        {16, "t", "=true"},
        {16, "f", "=false"},
        {25, "t", "='t'"},
        {1560, "101", "='101'"},
        {1562, "1", "='1'"},
        {1007, "{1}", "='{1}'"},
        {16385, "5", "='5'"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct reading *reading = reading_new();
        struct buf message, shown;
        buf_init(&message, 100);
        buf_init(&shown, 100);
        buf_add(&message, BYTES("R\0\0\0\1s\0t\0d\0\1\0c\0\0\0"));
        buf_add_byte(&message, (char)(types[i].oid >> 8));
        buf_add_byte(&message, (char)types[i].oid);
        buf_add(&message, BYTES("\xff\xff\xff\xff"));
        assert_reads(reading, BEGIN_7, "begin 7");
        assert_reads(reading, buf_str(&message), "none");

        buf_clear(&message);
        buf_add(&message, BYTES("I\0\0\0\1N\0\1t\0\0\0"));
        buf_add_byte(&message, (char)strlen(types[i].value));
        buf_add(&message, str_from_c(types[i].value));
        buf_printf(&shown, "insert <s> <t> new c:?%s", types[i].shown);
        assert_reads(reading, buf_str(&message), buf_c(&shown));

        buf_release(&message);
        buf_release(&shown);
        reading_free(reading);
    }
}

static void a_new_description_replaces_the_old_one_at_once(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading, INSERT_1, "insert <public> <t> new id:?=1 v:?='x'");
    const struct str key = STR("id");
    size_t count = 0;
    relation_set_key(*pgoutput_relations(reading->decoder, &count), &key, 1);

    assert_reads(reading,
        BYTES("R\0\0\x40\x10public\0renamed\0d\0\1\1id\0\0\0\0\x19\xff\xff\xff\xff"), "none");

    assert_reads(reading,
        BYTES("I\0\0\x40\x10N\0\1t\0\0\0\1"
              "2"),
        "insert <public> <renamed> new id:?='2'");
    struct relation *heir = *pgoutput_relations(reading->decoder, &count);
    assert_int_equal(heir->key_count, 1);
    assert_false(heir->key_is_known);
    assert_false(heir->types_are_known);
    assert_refuses(reading, INSERT_1, ERR_DATA); // Of as many columns as there were.
    reading_free(reading);
}

static void types_bear_the_names_that_were_told_until_others_are_known(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    assert_reads(reading, BEGIN_7, "begin 7");
    assert_reads(reading, BYTES("Y\0\0\x40\x01public\0mood\0"), "none");
    assert_reads(reading, BYTES("Y\0\0\x40\x02My Sch\0_Wei]rd\0"), "none");
    assert_reads(reading,
        BYTES("R\0\0\0\1public\0t\0d\0\2\0a\0\0\0\x40\x01\xff\xff\xff\xff"
              "\0b\0\0\0\x40\x02\xff\xff\xff\xff"),
        "none");
    const struct str row = BYTES("I\0\0\0\1N\0\2nn");
    assert_reads(
        reading, row, "insert <public> <t> new a:mood=NULL b:\"My Sch\".\"Wei]rd\"[]=NULL");

    const struct str names[] = {STR("moods.mood"), STR("x")};
    size_t count = 0;
    relation_set_types(*pgoutput_relations(reading->decoder, &count), names);

    assert_reads(reading, row, "insert <public> <t> new a:moods.mood=NULL b:x=NULL");
    assert_reads(
        reading, BYTES("R\0\0\0\2public\0u\0d\0\1\0a\0\0\0\x40\x01\xff\xff\xff\xff"), "none");
    assert_reads(reading, BYTES("I\0\0\0\2N\0\1n"), "insert <public> <u> new a:?=NULL");
    reading_free(reading);
}

static void the_catalogs_own_schema_comes_without_name(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    assert_reads(reading, BEGIN_7, "begin 7");
    assert_reads(reading, BYTES("R\0\0\0\1\0t\0d\0\0"), "none");
    assert_reads(reading, BYTES("I\0\0\0\1N\0\0"), "insert <pg_catalog> <t> new");
    reading_free(reading);
}

static void a_message_is_of_its_transaction_or_a_position_by_itself(void **state)
{
    (void)state;
    const struct str alone = BYTES("M\0\0\0\0\0\0\0\1\x30pre\0\0\0\0\4a\0bc");
    const struct str inside = BYTES("M\1\0\0\0\0\0\0\1\x30pre\0\0\0\0\0");
    struct reading *reading = reading_new();
    assert_reads(reading, alone, "message 0 <pre> <a>"); // Shown up to its zero byte.
    assert_int_equal(reading->event.message.content.len, 4);
    assert_true(reading->event.end_lsn == 0x130);
    assert_int_equal(reading->event.txn.xid, 0);

    assert_reads(reading, BEGIN_7, "begin 7");
    assert_reads(reading, inside, "message 1 <pre> <>");
    assert_true(reading->event.end_lsn == 0);
    assert_int_equal(reading->event.txn.xid, 7);
    assert_int_equal(reading->event.ordinal, 1);
    assert_reads(reading, alone, "message 0 <pre> <a>");
    assert_true(reading->event.end_lsn == 0); // A transaction is open: no position.
    assert_int_equal(reading->event.ordinal, 0);
    reading_free(reading);
}

static void ordinals_count_what_happens_within_a_transaction(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    for (int round = 0; round < 2; round++) {
        assert_reads(reading, BEGIN_7, "begin 7");
        assert_reads(reading, BYTES("O\0\0\0\0\0\0\0\1elsewhere\0"), "none");
        assert_reads(reading, TABLE_T, "none");
        assert_true(read_at(reading, 1, INSERT_1));
        assert_int_equal(reading->event.ordinal, 1);
        assert_refuses(reading, BYTES("I\0\0\x40\x10N\0\2n"), ERR_DATA);
        assert_reads(reading, TABLE_T, "none");
        assert_reads(reading, BYTES("T\0\0\0\1\0\0\0\x40\x10"), "truncate public.t");
        assert_int_equal(reading->event.ordinal, 2);
        assert_reads(reading, COMMIT_7, "commit 7");
    }
    reading_free(reading);
}

static void what_a_younger_server_may_say_is_passed_over(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_reads(reading, BYTES("S\0\0\0\7\1"), "unknown");
    assert_reads(reading, BYTES("?"), "unknown");
    assert_reads(reading, BYTES("D\0\0\x40\x10K\0\2nnmore"),
        "delete <public> <t> old id:?=absent v:?=absent");
    reading_free(reading);
}

static void a_row_of_a_table_that_was_not_described_asks_for_a_new_connection(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_refuses(reading, BYTES("I\0\0\x40\x11N\0\0"), ERR_RETRY);
    assert_refuses(reading, BYTES("T\0\0\0\1\0\0\0\x40\x11"), ERR_RETRY);
    reading_free(reading);
}

static void a_message_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    const struct str refused[] = {
        BYTES(""),
        BYTES("I\0\0\x40\x10K\0\2nn"),          // An INSERT of an old row.
        BYTES("D\0\0\x40\x10N\0\2nn"),          // A DELETE of a new one.
        BYTES("U\0\0\x40\x10K\0\2nn"),          // An UPDATE to nothing.
        BYTES("U\0\0\x40\x10X\0\2nn"),          //
        BYTES("I\0\0\x40\x10N\0\1n"),           // Too few columns.
        BYTES("I\0\0\x40\x10N\0\3nnn"),         // Too many.
        BYTES("I\0\0\x40\x10N\0\2nb\0\0\0\1x"), // A binary value.
        BYTES("I\0\0\x40\x10N\0\2nt\xff\xff\xff\xffx"),
        BYTES("T\xff\xff\xff\xff\0\0\0\x40\x10"),
        BYTES("R\0\0\0\0s\0t\0d\0\0"),     // No table has the oid 0,
        BYTES("R\0\0\0\1s\0t\0d\xff\xff"), // none so many columns.
        BYTES("R\0\0\0\1s\0t"),
        BYTES("M\1\0\0\0\0\0\0\1\x30pre\0\0\0\0\5abcd"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct reading *reading = reading_of_t();
        assert_refuses(reading, refused[i], ERR_DATA);
        reading_free(reading);
    }
}

static void more_types_than_columns_are_refused(void **state)
{
    (void)state;
    struct reading *reading = reading_new();
    for (int i = 0; i < RELATION_COLUMNS_MAX; i++)
        assert_reads(reading, BYTES("Y\0\0\x40\x01public\0mood\0"), "none");
    assert_refuses(reading, BYTES("Y\0\0\x40\x01public\0mood\0"), ERR_DATA);
    assert_reads(reading, TABLE_T, "none");
    assert_reads(reading, BYTES("Y\0\0\x40\x01public\0mood\0"), "none");
    reading_free(reading);
}

static void an_error_names_place_and_table_but_no_value(void **state)
{
    (void)state;
    struct reading *reading = reading_of_t();
    assert_refuses(reading, BYTES("I\0\0\x40\x10N\0\2nt\0\0\0\7secret"), ERR_DATA);
    assert_string_equal(
        reading->err.text, "pgoutput at 0/130: cannot read a change of \"public.t\"");
    reading_free(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_begin_tells_where_and_when_it_commits),
        cmocka_unit_test(a_commit_tells_its_end),
        cmocka_unit_test(a_commit_that_ends_beyond_what_was_sent_is_refused),
        cmocka_unit_test(transactions_come_one_after_the_other),
        cmocka_unit_test(an_update_shows_the_old_key_where_it_changed),
        cmocka_unit_test(a_whole_old_row_leaves_out_what_is_null),
        cmocka_unit_test(a_delete_shows_the_old_key),
        cmocka_unit_test(a_large_value_left_alone_stays_unchanged),
        cmocka_unit_test(a_truncate_names_all_its_tables),
        cmocka_unit_test(numbers_and_booleans_are_not_quoted),
        cmocka_unit_test(a_new_description_replaces_the_old_one_at_once),
        cmocka_unit_test(types_bear_the_names_that_were_told_until_others_are_known),
        cmocka_unit_test(the_catalogs_own_schema_comes_without_name),
        cmocka_unit_test(a_message_is_of_its_transaction_or_a_position_by_itself),
        cmocka_unit_test(ordinals_count_what_happens_within_a_transaction),
        cmocka_unit_test(what_a_younger_server_may_say_is_passed_over),
        cmocka_unit_test(a_row_of_a_table_that_was_not_described_asks_for_a_new_connection),
        cmocka_unit_test(a_message_that_does_not_fit_is_refused),
        cmocka_unit_test(more_types_than_columns_are_refused),
        cmocka_unit_test(an_error_names_place_and_table_but_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
