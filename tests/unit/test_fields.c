#include "cmocka_prelude.h"

#include "model/fields.h"

static int count_of(struct fields fields)
{
    return fields.xid + fields.seq + fields.commit_lsn + fields.commit_time;
}

static struct fields fields_of(struct str names)
{
    struct fields fields = {.seq = true};
    struct err err = {0};
    assert_true(fields_read(&fields, names, &err));
    return fields;
}

static void each_name_asks_for_its_own_field(void **state)
{
    (void)state;
    struct fields fields = fields_of(STR("xid"));
    assert_true(fields.xid && count_of(fields) == 1);
    fields = fields_of(STR("seq"));
    assert_true(fields.seq && count_of(fields) == 1);
    fields = fields_of(STR("commit_lsn"));
    assert_true(fields.commit_lsn && count_of(fields) == 1);
    fields = fields_of(STR("commit_time"));
    assert_true(fields.commit_time && count_of(fields) == 1);
}

static void names_come_in_any_order_with_blanks_between(void **state)
{
    (void)state;
    struct fields fields = fields_of(STR("commit_time , commit_lsn,seq, xid"));
    assert_int_equal(count_of(fields), 4);
}

static void another_name_is_told_back(void **state)
{
    (void)state;
    struct fields fields;
    struct err err = {0};
    assert_false(fields_read(&fields, STR("xid,lsn"), &err));
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.text, "\"lsn\" is not xid, seq, commit_lsn or commit_time");
    assert_false(fields_read(&fields, STR(""), &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_asks_for_its_own_field),
        cmocka_unit_test(names_come_in_any_order_with_blanks_between),
        cmocka_unit_test(another_name_is_told_back),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
