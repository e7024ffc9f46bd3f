#include "cmocka_prelude.h"

#include "app/progress.h"
#include "app/pump.h"
#include "base/buf.h"
#include "delivery/delivery.h"

#include <string.h>

static struct delivery delivery;
static struct pump pump;
static struct buf line;

static int set_up(void **state)
{
    (void)state;
    struct delivery_options options = {.lane_bits = 1, .packing = PACKING_ONE_OF_A_LANE};
    delivery_init(&delivery, options, 0x1600000000);
    pump = (struct pump){.delivery = &delivery};
    buf_init(&line, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&line);
    delivery_release(&delivery);
    return 0;
}

static const char *told(void)
{
    buf_clear(&line);
    progress_write(&pump, &line);
    return buf_c(&line);
}

static void it_tells_what_came_what_was_stored_and_what_is_confirmed(void **state)
{
    (void)state;
    pump.intake.counts.changes = 1002;
    delivery.counts.stored = 1001;
    delivery.counts.stored_bytes = 40300;

    assert_string_equal(
        told(), "changes 1002, records stored 1001 (40300 bytes), confirmed up to 16/0");
}

static void entries_are_told_where_records_are_aggregated(void **state)
{
    (void)state;
    delivery.options.entry_bytes_max = 1000;
    delivery.counts.stored = 100;
    delivery.counts.entries_stored = 7;

    assert_non_null(strstr(told(), "records stored 100 (0 bytes) as 7 entries, confirmed"));
}

static void what_is_unusual_is_told_where_there_was_any(void **state)
{
    (void)state;
    delivery.counts.throttled = 1;
    pump.intake.misfits.counts.refused = 2;
    pump.intake.counts.invalid_bytes = 3;
    assert_non_null(strstr(
        told(), " 16/0; sent again: throttled 1; skipped: refused 2; altered: bytes replaced 3"));

    delivery.counts.failed = 4;
    delivery.counts.unknown = 5;
    delivery.counts.inverted = 6;
    pump.intake.counts.messages = 7;
    pump.intake.misfits.counts.oversize = 8;
    pump.intake.misfits.counts.elided = 9;
    assert_non_null(strstr(told(),
        " 16/0; sent again: throttled 1, failed 4, unanswered 5, out of order 6"
        "; skipped: messages 7, oversize 8, refused 2; altered: elided 9, bytes replaced 3"));
}

static void a_line_without_trouble_fits_a_screen_however_much_was_stored(void **state)
{
    (void)state;
    delivery_restart(&delivery, UINT64_MAX);
    pump.intake.counts.changes = delivery.counts.stored = 100000000000;
    delivery.counts.stored_bytes = 100000000000000;

    assert_in_range(strlen(told()), 1, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(it_tells_what_came_what_was_stored_and_what_is_confirmed),
        FACT(entries_are_told_where_records_are_aggregated),
        FACT(what_is_unusual_is_told_where_there_was_any),
        FACT(a_line_without_trouble_fits_a_screen_however_much_was_stored),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
