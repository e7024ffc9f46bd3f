#include "cmocka_prelude.h"

#include "model/event.h"
#include "model/relation.h"
#include "postgres/test_decoding.h"
#include "test_decoding_reading.h"
#include "test_decoding_vectors.h"

#include <stdlib.h>
#include <string.h>

static void reads_what_the_servers_wrote(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct reading reading = reading_new();
        assert_reads(&reading, "BEGIN 7", "begin 7");
        assert_reads(&reading, vectors[i].line, vectors[i].shown);
        reading_release(&reading);
    }
}

static void reads_them_one_after_the_other_and_again(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < VECTOR_COUNT; i++) {
            assert_reads(&reading, "BEGIN 7", "begin 7");
            assert_true(read_line(&reading, vectors[i].line));
            if (reading.event.kind != EVENT_COMMIT)
                assert_reads(&reading, "COMMIT 7", "commit 7");
        }
    }
    reading_release(&reading);
}

static void every_prefix_is_an_error_or_a_shorter_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct str line = str_from_c(vectors[i].line);
        for (size_t len = 0; len < line.len; len++) {
            struct reading reading = reading_new();
            assert_reads(&reading, "BEGIN 7", "begin 7");
            if (read_bytes(&reading, (struct str){.ptr = line.ptr, .len = len}))
                assert_true(strlen(show(&reading)) > 0); // All it borrows can be read.
            else
                assert_int_equal(reading.err.kind, ERR_DATA);
            reading_release(&reading);
        }
    }
}

static void a_line_that_does_not_fit_the_grammar_is_refused(void **state)
{
    (void)state;
    const char *const refused[] = {
        "table",
        "table ",
        "table t: INSERT: id[integer]:1",
        "table public.T: INSERT: id[integer]:1",
        "table public.\"t: INSERT: id[integer]:1",
        "table public.t: MERGE: id[integer]:1",
        "table public.t: INSERT",
        "table public.t: INSERT: ",
        "table public.t: INSERT: id:1",
        "table public.t: INSERT: id[integer]1",
        "table public.t: INSERT: id[integer:1",
        "table public.t: INSERT: id[\"integer]:1",
        "table public.t: INSERT: id[integer]:",
        "table public.t: INSERT: id[integer]: v[text]:'x'",
        "table public.t: INSERT: v[text]:'x",
        "table public.t: INSERT: v[text]:'x'y",
        "table public.t: INSERT: v[text]:'x' ",
        "table public.t: INSERT: v[bit]:B'1",
        "table public.t: INSERT:  v[text]:'x'",
        "table public.t: INSERT: v[text]:'x' new-tuple: v[text]:'y'",
        "table public.t: INSERT: (no-tuple-data) v[text]:'y'",
        "table public.t: UPDATE: old-key: v[text]:'x'",
        "table public.t: UPDATE: old-key: w[text]:'x' new-tuple: v[text]:'y'",
        "table public.t: TRUNCATE",
        "table public.t, : TRUNCATE: (no-flags)",
        "table public.t, public.u: INSERT: id[integer]:1",
        "table public.t: TRUNCATE: (no-flags) cascade",
        "message: transactional: 2 prefix: p, sz: 1 content:x",
        "message: transactional: 1 prefix: p, sz: 2 content:x",
        "message: transactional: 1 prefix: p",
        "COMMIT",
        "COMMIT 8",
        "COMMIT 7 (at 2026",
        "COMMIT 7 x",
        "COMMIT 99999999999",
        "BEGIN",
        "BEGIN 0",
        "BEGIN 8",
        "BEGIN x",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct reading reading = reading_new();
        assert_reads(&reading, "BEGIN 7", "begin 7");
        assert_refuses(&reading, refused[i]);
        reading_release(&reading);
    }
}

static void an_error_names_place_and_table_but_no_value(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_reads(&reading, "BEGIN 7", "begin 7");
    assert_refuses(&reading, "table public.t: INSERT: id[integer]:1 pin[text]:'secret");
    assert_string_equal(reading.err.text,
        "test_decoding at 0/100: cannot read a change of \"public.t\" from byte 48 on");
    reading_release(&reading);
}

static void a_change_outside_of_a_transaction_is_refused(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_refuses(&reading, "table public.t: INSERT: id[integer]:1");
    assert_refuses(&reading, "COMMIT 7");
    assert_reads(&reading, "BEGIN 7", "begin 7");
    assert_reads(&reading, "COMMIT 7", "commit 7");
    assert_refuses(&reading, "table public.t: TRUNCATE: (no-flags)");
    reading_release(&reading);
}

static void ordinals_count_within_a_transaction(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    for (int round = 0; round < 2; round++) {
        assert_true(read_line(&reading, "BEGIN 7"));
        assert_int_equal(reading.event.ordinal, 0);
        assert_true(read_line(&reading, "table public.t: INSERT: id[integer]:1"));
        assert_int_equal(reading.event.ordinal, 1);
        assert_int_equal(reading.event.txn.xid, 7);
        assert_true(read_line(&reading, "table public.t, public.u: TRUNCATE: (no-flags)"));
        assert_int_equal(reading.event.ordinal, 2);
        assert_true(read_line(&reading, "what is this"));
        assert_true(read_line(&reading, "message: transactional: 1 prefix: p, sz: 1 content:x"));
        assert_int_equal(reading.event.ordinal, 3);
        assert_int_equal(reading.event.txn.xid, 7);
        assert_true(reading.event.end_lsn == 0);
        assert_true(read_line(&reading, "COMMIT 7"));
    }
    reading_release(&reading);
}

static void a_commit_tells_its_end(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    assert_true(read_line(&reading, "COMMIT 7"));
    assert_true(reading.event.lsn == 0x100 && reading.event.end_lsn == 0x100);
    reading_release(&reading);
}

static void a_message_outside_of_a_transaction_is_its_own_unit(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    for (int transactional = 0; transactional < 2; transactional++) {
        assert_true(read_line(
            &reading, transactional ? "message: transactional: 1 prefix: p, sz: 1 content:x"
                                    : "message: transactional: 0 prefix: p, sz: 1 content:x"));
        assert_int_equal(reading.event.message.transactional, transactional);
        assert_int_equal(reading.event.txn.xid, 0);
        assert_int_equal(reading.event.ordinal, 0);
        assert_true(reading.event.end_lsn == 0x100);
    }
    reading_release(&reading);
}

static void a_message_not_transactional_is_of_no_transaction(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    assert_true(read_line(&reading, "message: transactional: 0 prefix: p, sz: 1 content:x"));
    assert_int_equal(reading.event.txn.xid, 0);
    assert_true(reading.event.end_lsn == 0);
    assert_int_equal(reading.event.ordinal, 0);
    assert_true(read_line(&reading, "table public.t: INSERT: id[integer]:1"));
    assert_int_equal(reading.event.ordinal, 1);
    reading_release(&reading);
}

static void a_messages_content_may_hold_zeros(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(
        read_bytes(&reading, STR("message: transactional: 0 prefix: p, sz: 3 content:\0a\0")));
    assert_int_equal(reading.event.message.content.len, 3);
    assert_memory_equal(reading.event.message.content.ptr, "\0a\0", 3);
    reading_release(&reading);
}

static const struct relation *relation_of(struct reading *reading, const char *line)
{
    if (!read_line(reading, line))
        fail_msg("%s", reading->err.text);
    size_t count = 0;
    struct relation *const *relations = test_decoding_relations(reading->decoder, &count);
    assert_int_equal(count, 1);
    assert_ptr_equal(relations[0], reading->event.change.relation);
    return relations[0];
}

static void the_same_columns_are_the_same_relation(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    const struct relation *first =
        relation_of(&reading, "table public.t: INSERT: id[integer]:1 a[text]:'x' b[text]:'y'");
    assert_ptr_equal(first, relation_of(&reading, "table public.t: DELETE: b[text]:'x'"));
    assert_string_equal(
        show(&reading), "delete <public> <t> old id:integer=absent a:text=absent b:text='x'");
    assert_ptr_equal(
        first, relation_of(&reading, "table public.t: DELETE: id[integer]:1 b[text]:''"));
    assert_ptr_equal(first, relation_of(&reading, "table public.t: DELETE: (no-tuple-data)"));
    assert_ptr_equal(first, relation_of(&reading, "table public.t: DELETE:"));
    assert_ptr_equal(first,
        relation_of(&reading, "table public.t: INSERT: id[integer]:1 a[text]:null b[text]:'y'"));
    assert_true(read_line(&reading, "COMMIT 7"));
    size_t count = 1;
    test_decoding_relations(reading.decoder, &count);
    assert_int_equal(count, 0);
    reading_release(&reading);
}

static void other_columns_are_another_relation_that_inherits_the_key(void **state)
{
    (void)state;
    const char *const others[] = {
        "table public.t: INSERT: id[integer]:1",
        "table public.t: INSERT: id[integer]:1 a[text]:'x' b[text]:'y'",
        "table public.t: INSERT: id[integer]:1 a[character varying]:'x'",
        "table public.t: INSERT: id[integer]:1 c[text]:'x'",
        "table public.t: INSERT: id[integer]:1 ab[text]:'x'",
        "table public.t: INSERT: id[integer]:1 a[text[]]:'{}'",
        "table public.t: INSERT: a[text]:'x' id[integer]:1",
        "table public.t: DELETE: id[integer]:1 c[text]:'x'",
        "table public.t: DELETE: a[text]:'x' id[integer]:1",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct reading reading = reading_new();
        assert_true(read_line(&reading, "BEGIN 7"));
        assert_true(read_line(&reading, "table public.t: INSERT: id[integer]:1 a[text]:'x'"));
        size_t count = 0;
        struct relation *first = test_decoding_relations(reading.decoder, &count)[0];
        const struct str key[] = {STR("id")};
        relation_set_key(first, key, 1);
        first->key_is_known = true;

        const struct relation *second = relation_of(&reading, others[i]);

        assert_ptr_not_equal(first, second);
        assert_int_equal(second->key_count, 1);
        assert_true(str_equal(second->key[0].name, STR("id")));
        assert_true(second->key[0].column >= 0);
        assert_false(second->key_is_known);
        reading_release(&reading);
    }
}

static void a_delete_first_shows_part_of_the_relation(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    const struct relation *part = relation_of(&reading, "table public.t: DELETE: id[integer]:1");
    assert_true(part->is_partial);
    assert_ptr_equal(part, relation_of(&reading, "table public.t: DELETE: id[integer]:2"));

    const struct relation *whole = relation_of(&reading, "table public.t: INSERT: id[integer]:1");
    assert_false(whole->is_partial);
    assert_ptr_equal(whole, relation_of(&reading, "table public.t: DELETE: id[integer]:2"));
    reading_release(&reading);
}

static void a_truncate_names_all_its_relations_known_or_not(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    const struct relation *known = relation_of(&reading, "table public.t: INSERT: id[integer]:1");
    assert_true(read_line(&reading, "table public.t, public.u, public.t: TRUNCATE: cascade"));
    size_t count = 0;
    struct relation *const *relations = test_decoding_relations(reading.decoder, &count);
    assert_int_equal(count, 3);
    assert_int_equal(reading.event.truncate.count, 3);
    assert_ptr_equal(relations[0], known);
    assert_int_equal(relations[1]->column_count, 0);
    assert_true(relations[1]->is_partial);
    assert_ptr_equal(relations[2], known);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(relations[i], reading.event.truncate.relations[i]);
    reading_release(&reading);
}

static void more_relations_than_the_cache_holds_can_be_truncated(void **state)
{
    (void)state;
    struct reading reading = reading_new();
    assert_true(read_line(&reading, "BEGIN 7"));
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_add(&line, STR("table public.t0"));
    for (int i = 1; i < 20000; i++)
        buf_printf(&line, ", public.t%d", i);
    buf_add(&line, STR(": TRUNCATE: (no-flags)"));

    assert_true(read_bytes(&reading, buf_str(&line)));

    assert_int_equal(reading.event.truncate.count, 20000);
    assert_true(str_equal(reading.event.truncate.relations[0]->name, STR("t0")));
    assert_true(str_equal(reading.event.truncate.relations[19999]->name, STR("t19999")));
    buf_release(&line);
    reading_release(&reading);
}

// A row of that many columns, each with doubled quotes in name and value.
static void add_wide_row(struct buf *line, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        buf_printf(line, " \"c\"\"%zu\"[text]:'it''s %zu'", i, i);
}

static void a_row_has_1600_columns_and_no_more(void **state)
{
    (void)state;
    struct buf line;
    buf_init(&line, 1 << 20);
    for (size_t columns = 1600; columns <= 1601; columns++) {
        struct reading reading = reading_new();
        assert_true(read_line(&reading, "BEGIN 7"));
        buf_clear(&line);
        buf_add(&line, STR("table public.t: UPDATE: old-key:"));
        add_wide_row(&line, 1600);
        buf_add(&line, STR(" new-tuple:"));
        add_wide_row(&line, columns);
        if (columns == 1601) {
            assert_false(read_bytes(&reading, buf_str(&line)));
        } else {
            assert_true(read_bytes(&reading, buf_str(&line)));
            const struct change *change = &reading.event.change;
            assert_true(str_equal(change->relation->columns[1599].name, STR("c\"1599")));
            assert_true(str_equal(change->old_row[0].text, STR("it's 0")));
            assert_true(str_equal(change->old_row[1599].text, STR("it's 1599")));
            assert_true(str_equal(change->new_row[0].text, STR("it's 0")));
            assert_true(str_equal(change->new_row[1599].text, STR("it's 1599")));
        }
        reading_release(&reading);
    }
    buf_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_servers_wrote),
        cmocka_unit_test(reads_them_one_after_the_other_and_again),
        cmocka_unit_test(every_prefix_is_an_error_or_a_shorter_line),
        cmocka_unit_test(a_line_that_does_not_fit_the_grammar_is_refused),
        cmocka_unit_test(an_error_names_place_and_table_but_no_value),
        cmocka_unit_test(a_change_outside_of_a_transaction_is_refused),
        cmocka_unit_test(ordinals_count_within_a_transaction),
        cmocka_unit_test(a_commit_tells_its_end),
        cmocka_unit_test(a_message_outside_of_a_transaction_is_its_own_unit),
        cmocka_unit_test(a_message_not_transactional_is_of_no_transaction),
        cmocka_unit_test(a_messages_content_may_hold_zeros),
        cmocka_unit_test(the_same_columns_are_the_same_relation),
        cmocka_unit_test(other_columns_are_another_relation_that_inherits_the_key),
        cmocka_unit_test(a_delete_first_shows_part_of_the_relation),
        cmocka_unit_test(a_truncate_names_all_its_relations_known_or_not),
        cmocka_unit_test(more_relations_than_the_cache_holds_can_be_truncated),
        cmocka_unit_test(a_row_has_1600_columns_and_no_more),
    };
    return cmocka_run_group_tests_name("test_decoding", tests, NULL, NULL);
}
