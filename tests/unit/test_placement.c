#include "cmocka_prelude.h"

#include "model/placement.h"

#include <stdlib.h>
#include <string.h>

static struct placement at(uint32_t shard, const char *sequence_number)
{
    return (struct placement){
        .shard = shard,
        .sequence_number = sequence_number_parse(str_from_c(sequence_number)),
    };
}

static void assert_order(const char *less, const char *greater)
{
    struct placement a = at(1, less);
    struct placement b = at(1, greater);
    assert_true(placement_may_follow(&b, &a));
    assert_false(placement_may_follow(&a, &b));
    assert_false(placement_may_follow(&a, &a));
    assert_false(placement_may_follow(&b, &b));
}

static void a_shard_is_the_number_of_its_id(void **state)
{
    (void)state;
    assert_int_equal(shard_parse(STR("shardId-000000000000")), 0);
    assert_int_equal(shard_parse(STR("shardId-000000000012")), 12);
    assert_int_equal(shard_parse(STR("shardId-7")), 7);
    assert_int_equal(shard_parse(STR("shardId-004294967294")), 4294967294);
}

static void what_is_no_shards_id_is_unknown(void **state)
{
    (void)state;
    const struct str ids[] = {
        STR(""),
        STR("shardId-"),
        STR("shardId-x"),
        STR("shardId-1x"),
        STR("shardId--1"),
        STR("ShardId-000000000001"),
        STR("shardId-004294967295"),
        STR("shardId-0000000000000x01"),
        STR("shardId-00000000000000001"),
        STR("shardId-99999999999999999999999999"),
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(shard_parse(ids[i]), SHARD_UNKNOWN);
}

// Of every length, and with each character of which one may take the place of each digit.
static void a_shards_id_is_digits_all_over(void **state)
{
    (void)state;
    const char others[] = "/:x-\"\xb0";
    for (size_t digits = 1; digits <= 16; digits++) {
        char id[] = "shardId-0000012345678901";
        char *number = id + strlen("shardId-");
        memmove(number, number + 16 - digits, digits + 1);
        const uint64_t expected = strtoull(number, NULL, 10);
        const uint32_t shard = expected < SHARD_UNKNOWN ? (uint32_t)expected : SHARD_UNKNOWN;
        assert_int_equal(shard_parse(str_from_c(id)), shard);
        for (size_t i = 0; i < digits; i++)
            for (size_t j = 0; j < sizeof others; j++) {
                const char digit = number[i];
                number[i] = others[j];
                assert_int_equal(
                    shard_parse((struct str){.ptr = id, .len = strlen("shardId-") + digits}),
                    SHARD_UNKNOWN);
                number[i] = digit;
            }
    }
}

static void sequence_numbers_are_ordered_as_numbers(void **state)
{
    (void)state;
    assert_order("1", "2");
    assert_order("9", "10");
    assert_order("99999999", "100000000");
    assert_order("18446744073709551615", "18446744073709551616");
    assert_order("49543463076548007577105092703039560359975228518395012685",
        "49543463076548007577105092703039560359975228518395012686");
    assert_order("9543463076548007577105092703039560359975228518395012686",
        "49543463076548007577105092703039560359975228518395012686");
}

// As text: the longer one is greater, then the first digit that differs decides.
static int compared_as_text(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    return a_len != b_len ? (a_len > b_len) - (a_len < b_len) : strcmp(a, b);
}

static void every_length_and_digit_counts(void **state)
{
    (void)state;
    char a[57] = "";
    char b[57] = "";
    for (size_t len = 1; len <= 56; len++) {
        for (size_t i = 0; i < len; i++)
            a[i] = (char)('1' + i % 9);
        for (size_t i = 0; i < len; i++) {
            memcpy(b, a, sizeof b);
            b[i] = b[i] == '9' ? '1' : '9';
            if (compared_as_text(a, b) < 0)
                assert_order(a, b);
            else
                assert_order(b, a);
        }
    }
}

static void what_is_no_sequence_number_may_stand_anywhere(void **state)
{
    (void)state;
    const char *const texts[] = {"", "x", "1234567x", "x2345678", "12345678/", "-1", "1:345678",
        "123456789012345678901234567890123456789012345678901234567"};
    struct placement known = at(1, "7");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct placement unknown = at(1, texts[i]);
        assert_true(placement_may_follow(&unknown, &known));
        assert_true(placement_may_follow(&known, &unknown));
    }
}

static void a_sequence_number_is_digits_all_over(void **state)
{
    (void)state;
    const char others[] = "/:x-\"\xb0";
    const char all[] = "49543463076548007577105092703039560359975228518395012686";
    for (size_t len = 1; len <= strlen(all); len++)
        for (size_t i = 0; i < len; i++)
            for (size_t j = 0; j < sizeof others; j++) {
                char text[sizeof all];
                memcpy(text, all, sizeof all);
                text[i] = others[j];
                const struct sequence_number number =
                    sequence_number_parse((struct str){.ptr = text, .len = len});
                assert_false(sequence_number_is_known(&number));
            }
}

static void zeros_before_a_number_change_nothing(void **state)
{
    (void)state;
    struct placement seven = at(1, "7");
    char text[57] = "00000000000000000000000000000000000000000000000000000007";
    for (size_t len = 1; len < sizeof text; len++) {
        struct placement padded = at(1, text + 56 - len);
        assert_memory_equal(&padded, &seven, sizeof seven);
    }
    struct placement zero = at(1, "00");
    assert_false(sequence_number_is_known(&zero.sequence_number));
}

static void shards_have_orders_of_their_own(void **state)
{
    (void)state;
    struct placement seven = at(1, "7");
    struct placement elsewhere = at(2, "6");
    struct placement nowhere = placement_unknown();
    struct placement somewhere = at(SHARD_UNKNOWN, "7");

    assert_true(placement_may_follow(&elsewhere, &seven));
    assert_true(placement_may_follow(&nowhere, &seven));
    assert_true(placement_may_follow(&seven, &nowhere));
    assert_true(placement_may_follow(&somewhere, &somewhere));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shard_is_the_number_of_its_id),
        cmocka_unit_test(what_is_no_shards_id_is_unknown),
        cmocka_unit_test(a_shards_id_is_digits_all_over),
        cmocka_unit_test(sequence_numbers_are_ordered_as_numbers),
        cmocka_unit_test(every_length_and_digit_counts),
        cmocka_unit_test(what_is_no_sequence_number_may_stand_anywhere),
        cmocka_unit_test(a_sequence_number_is_digits_all_over),
        cmocka_unit_test(zeros_before_a_number_change_nothing),
        cmocka_unit_test(shards_have_orders_of_their_own),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
