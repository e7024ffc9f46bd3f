#include "cmocka_prelude.h"

#include "app/intake.h"
#include "base/clock.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/event.h"

enum {
    XID = 7,
    ROOMY = 1 << 20
};

struct world {
    struct delivery delivery;
    struct intake intake;
};

static void world_init(struct world *world)
{
    const struct delivery_options options = {
        .lane_bits = LANE_BITS_MAX,
        .packing = PACKING_ONE_OF_A_LANE,
        .memory_bytes_max = ROOMY,
    };
    delivery_init(&world->delivery, options, 0);
    intake_init(&world->intake, &world->delivery, ROOMY);
    world->intake.takes_messages = true;
}

static void world_release(struct world *world)
{
    intake_release(&world->intake);
    delivery_release(&world->delivery);
}

static void take(struct world *world, struct event event)
{
    struct err err;
    assert_true(intake_take(&world->intake, &event, &err));
}

static void take_begin(struct world *world)
{
    take(world, (struct event){.kind = EVENT_BEGIN, .txn = {.xid = XID}});
}

static void take_first_of_transaction(struct world *world)
{
    take(world, (struct event){.kind = EVENT_MESSAGE,
                    .txn = {.xid = XID},
                    .ordinal = 1,
                    .message = {.transactional = true, .prefix = STR("p"), .content = STR("b")}});
}

static void take_message_outside(struct world *world)
{
    take(world, (struct event){.kind = EVENT_MESSAGE,
                    .end_lsn = 70,
                    .message = {.prefix = STR("p"), .content = STR("a")}});
}

// Stores what is queued, one of a lane after the other; returns how many records that were.
static size_t store_all(struct world *world)
{
    size_t stored = 0;
    for (struct batch *batch; (batch = delivery_next_batch(&world->delivery, 1));) {
        stored += batch->count;
        batch_settle_all(batch, OUTCOME_STORED);
        delivery_settle(&world->delivery, batch, 1);
    }
    return stored;
}

static void what_a_lost_connection_delivered_is_passed_over(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    take_begin(&world);
    take_first_of_transaction(&world);
    assert_int_equal(store_all(&world), 1);

    intake_restart(&world.intake, 0, true);
    take_begin(&world);
    take_first_of_transaction(&world);

    assert_int_equal(store_all(&world), 0);
    world_release(&world);
}

// The message would be the last record of its key, though it is older.
static void behind_a_message_that_comes_again_all_does(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    take_message_outside(&world);
    take_begin(&world);
    take_first_of_transaction(&world);
    assert_int_equal(store_all(&world), 2);

    intake_restart(&world.intake, 0, true);
    take_message_outside(&world);
    take_begin(&world);
    take_first_of_transaction(&world);

    assert_int_equal(store_all(&world), 2);
    world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_lost_connection_delivered_is_passed_over),
        cmocka_unit_test(behind_a_message_that_comes_again_all_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
