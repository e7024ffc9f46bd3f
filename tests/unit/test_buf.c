#include "cmocka_prelude.h"

#include "base/buf.h"

#include <string.h>

static void what_passes_the_maximum_is_dropped_and_counted(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);

    buf_add(&buf, STR("abc"));
    buf_add(&buf, STR("def"));
    buf_add_byte(&buf, 'g');

    assert_false(buf_ok(&buf));
    assert_string_equal(buf_c(&buf), "abc");
    assert_int_equal(buf_wanted(&buf), 7);
    buf_release(&buf);
}

static void exactly_the_maximum_fits(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 200);
    for (int i = 0; i < 200; i++)
        buf_add_byte(&buf, 'x');
    assert_true(buf_ok(&buf));
    assert_int_equal(strlen(buf_c(&buf)), 200);
    buf_release(&buf);
}

static void clearing_forgets_what_was_dropped(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1);
    buf_add(&buf, STR("ab"));
    buf_clear(&buf);
    buf_add(&buf, STR("a"));
    assert_true(buf_ok(&buf));
    assert_string_equal(buf_c(&buf), "a");
    buf_release(&buf);
}

static void dropping_the_front_moves_the_rest_up(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_drop(&buf, 0);
    buf_add(&buf, STR("headbody"));

    buf_drop(&buf, 4);
    assert_string_equal(buf_c(&buf), "body");
    buf_drop(&buf, 4);
    assert_int_equal(buf.len, 0);
    buf_release(&buf);
}

static void formats_text_and_numbers(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_printf(&buf, "%s-%d,", "x", -5);
    buf_add_u64(&buf, UINT64_MAX);
    buf_add_u64(&buf, 0);
    assert_string_equal(buf_c(&buf), "x--5,184467440737095516150");
    buf_release(&buf);
}

static void an_untouched_buf_is_the_empty_string(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_string_equal(buf_c(&buf), "");
    assert_int_equal(buf_str(&buf).len, 0);
    buf_release(&buf);
}

struct collector {
    struct buf_drain base;
    struct buf collected;
};

static void adding_nothing_takes_no_memory(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    buf_add(&buf, STR(""));
    assert_true(buf_ok(&buf));
    assert_null(buf.ptr);
}

static void collect(struct buf_drain *drain, struct str bytes)
{
    buf_add(&((struct collector *)drain)->collected, bytes);
}

static void what_is_drained_arrives_whole_whatever_the_buffer_holds(void **state)
{
    (void)state;
    for (size_t bytes_max = 1; bytes_max < 30; bytes_max++) {
        struct collector collector = {.base.take = collect};
        struct buf buf;
        buf_init(&collector.collected, 100);
        buf_init_draining(&buf, bytes_max, &collector.base);

        buf_add(&buf, STR("four"));
        buf_add_byte(&buf, ' ');
        buf_add(&buf, STR("longer than most buffers"));
        buf_add_byte(&buf, '.');
        buf_flush(&buf);

        assert_true(buf_ok(&buf));
        assert_true(buf.capacity <= bytes_max + 1);
        assert_string_equal(buf_c(&collector.collected), "four longer than most buffers.");
        buf_release(&buf);
        buf_release(&collector.collected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_the_maximum_is_dropped_and_counted),
        cmocka_unit_test(exactly_the_maximum_fits),
        cmocka_unit_test(clearing_forgets_what_was_dropped),
        cmocka_unit_test(dropping_the_front_moves_the_rest_up),
        cmocka_unit_test(formats_text_and_numbers),
        cmocka_unit_test(an_untouched_buf_is_the_empty_string),
        cmocka_unit_test(adding_nothing_takes_no_memory),
        cmocka_unit_test(what_is_drained_arrives_whole_whatever_the_buffer_holds),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
