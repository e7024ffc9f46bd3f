#include "cmocka_prelude.h"

#include "kinesis/entry_shape.h"
#include "model/placement.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_BYTES_MAX = 512
};

#define NUMBER   "49543463076548007577105092703039560359975228518395012686"
#define SHARD_ID "shardId-000000000012"

// An entry in JSON, with something behind its texts that makes it longer.
struct text {
    char bytes[TEXT_BYTES_MAX];
    size_t len;
};

static struct text entry_with(const char *number, const char *shard_id, size_t padding)
{
    struct text text;
    int len = snprintf(text.bytes, sizeof text.bytes,
        "{\"SequenceNumber\":\"%s\",\"ShardId\":\"%s\"%*s}", number, shard_id, (int)padding, "");
    assert_in_range(len, 1, sizeof text.bytes - 1);
    text.len = (size_t)len;
    return text;
}

static struct str str_of(const struct text *text)
{
    return (struct str){.ptr = text->bytes, .len = text->len};
}

static struct str found_in(const struct text *text, const char *wanted)
{
    const char *found = strstr(text->bytes, wanted);
    assert_non_null(found);
    return (struct str){.ptr = found, .len = strlen(wanted)};
}

static void learn(struct entry_shape *shape, const struct text *entry)
{
    entry_shape_learn(shape, &(struct stored_entry){
                                 .bytes = str_of(entry),
                                 .sequence_number = found_in(entry, NUMBER),
                                 .shard_id = found_in(entry, SHARD_ID),
                             });
}

static void keep_and_learn(struct entry_shape *shape, const struct text *entry)
{
    entry_shape_keep(shape, str_of(entry));
    learn(shape, entry);
}

static struct entry_shape shape_of(const struct text *entry)
{
    struct entry_shape shape;
    entry_shape_init(&shape);
    keep_and_learn(&shape, entry);
    return shape;
}

static size_t fit(const struct entry_shape *shape, const struct text *entry)
{
    struct placement ignored;
    return entry_shape_fit(shape, str_of(entry), &ignored);
}

static void nothing_fits_before_something_was_learned(void **state)
{
    (void)state;
    struct entry_shape shape;
    entry_shape_init(&shape);
    const struct text entry = entry_with(NUMBER, SHARD_ID, 0);
    const struct text none = {.len = 0};

    assert_int_equal(fit(&shape, &entry), 0);
    assert_int_equal(fit(&shape, &none), 0);
}

static void what_has_other_digits_fits(void **state)
{
    (void)state;
    const struct text learned = entry_with(NUMBER, SHARD_ID, 0);
    const struct entry_shape shape = shape_of(&learned);
    const char other[] = "00043463076548007577105092703039560359975228518395012680";
    struct text next = entry_with(other, "shardId-000123456789", 0);
    next.bytes[next.len++] = ',';

    struct placement placement;
    assert_int_equal(entry_shape_fit(&shape, str_of(&next), &placement), learned.len);

    const struct sequence_number number = sequence_number_parse(str_from_c(other));
    assert_int_equal(placement.shard, 123456789);
    assert_memory_equal(&placement.sequence_number, &number, sizeof number);
}

static bool lies_in(const char *at, struct str text)
{
    return at >= text.ptr && at < text.ptr + text.len;
}

// All that the byte of a learned entry can be.
static void assert_digits_alone_may_stand_at(
    const struct entry_shape *shape, struct text *entry, size_t at)
{
    const struct str number = found_in(entry, NUMBER);
    const struct str shard_id = found_in(entry, SHARD_ID);
    char *byte = &entry->bytes[at];
    const char was = *byte;
    for (int value = 0; value < 256; value++) {
        *byte = (char)value;
        const bool fits = *byte == was || (lies_in(byte, number) && isdigit(value)) ||
                          (lies_in(byte, shard_id) && shard_parse(shard_id) != SHARD_UNKNOWN);
        assert_int_equal(fit(shape, entry), fits ? entry->len : 0);
    }
    *byte = was;
}

// Of every length that can be learned, each byte.
static void what_differs_in_anything_else_does_not_fit(void **state)
{
    (void)state;
    for (size_t padding = 0; entry_with(NUMBER, SHARD_ID, padding).len <= ENTRY_SHAPE_BYTES_MAX;
         padding++) {
        struct text entry = entry_with(NUMBER, SHARD_ID, padding);
        const struct entry_shape shape = shape_of(&entry);
        for (size_t at = 0; at < entry.len; at++)
            assert_digits_alone_may_stand_at(&shape, &entry, at);
    }
}

static void what_is_cut_short_does_not_fit(void **state)
{
    (void)state;
    struct text entry = entry_with(NUMBER, SHARD_ID, 0);
    const struct entry_shape shape = shape_of(&entry);
    assert_int_equal(fit(&shape, &entry), entry.len);

    while (entry.len-- > 0)
        assert_int_equal(fit(&shape, &entry), 0);
}

// All zeros count as not told, and more shards than there can be as none.
static void what_tells_no_placement_does_not_fit(void **state)
{
    (void)state;
    const struct text learned = entry_with(NUMBER, SHARD_ID, 0);
    const struct entry_shape shape = shape_of(&learned);
    const char zeros[] = "00000000000000000000000000000000000000000000000000000000";
    const struct text no_number = entry_with(zeros, SHARD_ID, 0);
    const struct text no_shard = entry_with(NUMBER, "shardId-999999999999", 0);

    assert_int_equal(fit(&shape, &no_number), 0);
    assert_int_equal(fit(&shape, &no_shard), 0);
}

static void what_reading_changed_is_not_learned(void **state)
{
    (void)state;
    struct entry_shape shape;
    entry_shape_init(&shape);
    struct text entry = entry_with(NUMBER, SHARD_ID, 0);
    for (size_t i = 0; i < entry.len; i++) {
        entry.bytes[i] ^= 1;
        entry_shape_keep(&shape, str_of(&entry));
        entry.bytes[i] ^= 1;
        learn(&shape, &entry);
        assert_int_equal(fit(&shape, &entry), 0);
    }
}

static void what_is_too_long_is_not_learned(void **state)
{
    (void)state;
    struct entry_shape shape;
    entry_shape_init(&shape);
    const size_t fills = ENTRY_SHAPE_BYTES_MAX - entry_with(NUMBER, SHARD_ID, 0).len;
    const struct text longest = entry_with(NUMBER, SHARD_ID, fills);
    const struct text longer = entry_with(NUMBER, SHARD_ID, fills + 1);

    keep_and_learn(&shape, &longer);
    assert_int_equal(fit(&shape, &longer), 0);
    keep_and_learn(&shape, &longest);
    assert_int_equal(fit(&shape, &longest), longest.len);
}

static void what_shows_nothing_leaves_what_was_learned(void **state)
{
    (void)state;
    const struct text learned = entry_with(NUMBER, SHARD_ID, 0);
    struct entry_shape shape = shape_of(&learned);
    const struct text texts = entry_with("x" NUMBER, "-" SHARD_ID, 0);
    struct stored_entry others[] = {
        {.bytes = str_of(&texts), .sequence_number = STR(""), .shard_id = STR("")},
        {.bytes = str_of(&texts)},
        {.bytes = str_of(&texts)},
    };
    others[1].sequence_number = found_in(&texts, NUMBER);
    others[1].shard_id = found_in(&texts, "-" SHARD_ID);
    others[2].sequence_number = found_in(&texts, "x" NUMBER);
    others[2].shard_id = found_in(&texts, SHARD_ID);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        entry_shape_keep(&shape, str_of(&texts));
        entry_shape_learn(&shape, &others[i]);

        assert_int_equal(fit(&shape, &texts), 0);
        assert_int_equal(fit(&shape, &learned), learned.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_fits_before_something_was_learned),
        cmocka_unit_test(what_has_other_digits_fits),
        cmocka_unit_test(what_differs_in_anything_else_does_not_fit),
        cmocka_unit_test(what_is_cut_short_does_not_fit),
        cmocka_unit_test(what_tells_no_placement_does_not_fit),
        cmocka_unit_test(what_reading_changed_is_not_learned),
        cmocka_unit_test(what_is_too_long_is_not_learned),
        cmocka_unit_test(what_shows_nothing_leaves_what_was_learned),
    };
    return cmocka_run_group_tests_name("entry_shape", tests, NULL, NULL);
}
