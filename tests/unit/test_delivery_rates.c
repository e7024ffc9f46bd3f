// Delivery against shards that take so much and no more, on a clock of the test's own.
#include "cmocka_prelude.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"
#include "sequence_number_of.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SHARDS = 3,
    SEATS = 16,
    LATENCY_MS = 20,
    QUEUED_MAX = 30000,
    RECORD_BYTES = 1100,
    KEY_BYTES = 20
};

// What AWS documents: a second's records and bytes, saved up for a second at most.
struct limits {
    double records_a_s;
    double bytes_a_s;
};

struct shard {
    struct limits limits;
    double records;
    double bytes;
    int64_t filled_ms;
    int64_t closed_until_ms;
    uint64_t stored;
    uint64_t throttled;
    uint32_t sequence;
};

struct seat {
    struct batch *batch;
    int64_t arrives_ms;
    bool arrived;
};

struct service {
    struct delivery delivery;
    struct random random;
    struct shard shards[SHARDS];
    uint32_t first_shard; // Its number.
    struct seat seats[SEATS];
    int64_t now_ms;
    lsn_t lsn;
};

static const struct delivery_options in_order = {
    .lane_bits = LANE_BITS_MAX,
    .packing = PACKING_ONE_OF_A_LANE,
    .memory_bytes_max = SIZE_MAX,
    .seed = 1,
};

static void service_init_for(
    struct service *service, const struct delivery_options *options, struct limits limits)
{
    *service = (struct service){.random = random_from(1), .now_ms = 1000};
    delivery_init(&service->delivery, *options, 0);
    for (size_t i = 0; i < SHARDS; i++)
        service->shards[i] = (struct shard){
            .limits = limits,
            .records = limits.records_a_s,
            .bytes = limits.bytes_a_s,
            .filled_ms = service->now_ms,
        };
}

static void service_init(struct service *service, struct limits limits)
{
    service_init_for(service, &in_order, limits);
}

static void service_release(struct service *service)
{
    for (size_t i = 0; i < SEATS; i++)
        batch_free(service->seats[i].batch);
    delivery_release(&service->delivery);
}

static void feed(struct service *service)
{
    static const char data[RECORD_BYTES - KEY_BYTES];
    while (service->delivery.lanes.queued < QUEUED_MAX) {
        char key[32];
        snprintf(key, sizeof key, "key-%016llx",
            (unsigned long long)random_below(&service->random, UINT64_MAX));
        delivery_begin(&service->delivery, 1);
        delivery_add(&service->delivery,
            record_new((struct str){key, KEY_BYTES}, (struct str){data, sizeof data}));
        delivery_commit(&service->delivery, ++service->lsn);
    }
}

static double filled(double level, double a_s, int64_t elapsed_ms)
{
    level += a_s * (double)elapsed_ms / 1000;
    return level < a_s ? level : a_s;
}

static bool takes(struct shard *shard, size_t bytes, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - shard->filled_ms;
    shard->filled_ms = now_ms;
    shard->records = filled(shard->records, shard->limits.records_a_s, elapsed_ms);
    shard->bytes = filled(shard->bytes, shard->limits.bytes_a_s, elapsed_ms);
    if (now_ms < shard->closed_until_ms || shard->records < 1 || shard->bytes < (double)bytes)
        return false;
    shard->records -= 1;
    shard->bytes -= (double)bytes;
    return true;
}

static void answer(struct service *service, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        uint32_t number = batch->records[i]->lane * SHARDS >> service->delivery.options.lane_bits;
        struct shard *shard = &service->shards[number];
        bool stored = takes(shard, record_request_bytes(batch->records[i]), service->now_ms);
        shard->stored += stored;
        shard->throttled += !stored;
        batch->outcomes[i] = stored ? OUTCOME_STORED : OUTCOME_THROTTLED;
        batch->placements[i].shard = service->first_shard + number;
        if (stored)
            batch->placements[i].sequence_number = sequence_number_of(++shard->sequence);
    }
}

static void turn(struct service *service)
{
    for (size_t i = 0; i < SEATS; i++) {
        struct seat *seat = &service->seats[i];
        if (seat->batch && !seat->arrived && service->now_ms >= seat->arrives_ms) {
            answer(service, seat->batch);
            seat->arrived = true;
        }
        if (seat->batch && service->now_ms >= seat->arrives_ms + LATENCY_MS / 2) {
            delivery_settle(&service->delivery, seat->batch, service->now_ms);
            seat->batch = NULL;
        }
        if (!seat->batch) {
            seat->batch = delivery_next_batch(&service->delivery, service->now_ms);
            seat->arrived = false;
            seat->arrives_ms = service->now_ms + LATENCY_MS / 4 +
                               (int64_t)random_below(&service->random, LATENCY_MS / 2);
        }
    }
}

static void run_for(struct service *service, int64_t duration_ms)
{
    for (int64_t until_ms = service->now_ms + duration_ms; service->now_ms < until_ms;
         service->now_ms++) {
        feed(service);
        turn(service);
    }
}

// What each shard did in a while.
struct tally {
    double stored_a_s[SHARDS];
    double throttled_percent[SHARDS];
};

static struct tally tally_for(struct service *service, int seconds)
{
    for (size_t i = 0; i < SHARDS; i++)
        service->shards[i].stored = service->shards[i].throttled = 0;
    run_for(service, 1000 * seconds);
    struct tally tally;
    for (size_t i = 0; i < SHARDS; i++) {
        double stored = (double)service->shards[i].stored;
        double throttled = (double)service->shards[i].throttled;
        tally.stored_a_s[i] = stored / seconds;
        tally.throttled_percent[i] = 100 * throttled / (stored + throttled);
    }
    return tally;
}

static void assert_pace(const struct tally *tally, size_t shard, double records_a_s)
{
    assert_true(tally->stored_a_s[shard] > 0.97 * records_a_s);
    assert_true(tally->stored_a_s[shard] < 1.03 * records_a_s);
    assert_true(tally->throttled_percent[shard] < 4);
}

static void shards_are_given_what_they_take_and_little_in_vain(void **state)
{
    (void)state;
    const struct limits limits[] = {
        {.records_a_s = 1000, .bytes_a_s = 1 << 20}, // As AWS documents,
        {.records_a_s = 1000, .bytes_a_s = 1000000}, // or means.
        {.records_a_s = 400, .bytes_a_s = 1 << 20},  // Other producers have the rest.
        {.records_a_s = 50, .bytes_a_s = 1 << 20},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct service service;
        service_init(&service, limits[i]);
        double by_bytes = limits[i].bytes_a_s / RECORD_BYTES;
        run_for(&service, 5000); // What was saved up, and how it is noticed that it is spent.

        struct tally tally = tally_for(&service, 10);

        for (size_t j = 0; j < SHARDS; j++)
            assert_pace(
                &tally, j, by_bytes < limits[i].records_a_s ? by_bytes : limits[i].records_a_s);
        service_release(&service);
    }
}

static void a_closed_shard_slows_no_other(void **state)
{
    (void)state;
    struct service service;
    service_init(&service, (struct limits){.records_a_s = 900, .bytes_a_s = 1 << 20});
    run_for(&service, 5000);
    service.shards[1].closed_until_ms = service.now_ms + 10000;

    struct tally tally = tally_for(&service, 10);

    assert_pace(&tally, 0, 900);
    assert_true(service.shards[1].stored == 0);
    assert_true(service.shards[1].throttled < 2000); // 200 a second, and most of them at first.
    assert_pace(&tally, 2, 900);
    service_release(&service);
}

static void a_shard_that_opens_again_is_soon_given_what_it_takes(void **state)
{
    (void)state;
    struct service service;
    service_init(&service, (struct limits){.records_a_s = 900, .bytes_a_s = 1 << 20});
    run_for(&service, 5000);
    service.shards[1].closed_until_ms = service.now_ms + 10000;
    run_for(&service, 15000);

    struct tally tally = tally_for(&service, 5);

    assert_true(tally.stored_a_s[1] > 0.97 * 900); // More while it has something saved up.
    service_release(&service);
}

static void more_than_the_documented_limit_is_found_out(void **state)
{
    (void)state;
    struct service service;
    service_init(&service, (struct limits){.records_a_s = 1500, .bytes_a_s = 1 << 22});
    run_for(&service, 25000);

    struct tally tally = tally_for(&service, 5);

    assert_pace(&tally, 0, 1500);
    service_release(&service);
}

static void an_endpoint_that_never_throttles_is_never_held_back(void **state)
{
    (void)state;
    struct service service;
    service_init(&service, (struct limits){.records_a_s = 1e9, .bytes_a_s = 1e12});

    run_for(&service, 200);

    assert_int_equal(service.delivery.gates.count, 0);
    assert_true(service.delivery.counts.stored > 40000);
    service_release(&service);
}

static void a_shard_that_throttled_long_ago_is_free_again(void **state)
{
    (void)state;
    struct service service;
    service_init(&service, (struct limits){.records_a_s = 1e9, .bytes_a_s = 1e12});
    service.shards[1].closed_until_ms = service.now_ms + 100;
    run_for(&service, 150);
    assert_int_equal(service.delivery.gates.count, 1);

    service.now_ms += 60000;
    run_for(&service, 10);

    assert_int_equal(service.delivery.gates.count, 0);
    service_release(&service);
}

static void lanes_leave_the_gates_of_shards_that_are_no_more(void **state)
{
    (void)state;
    for (unsigned spread_bits = 0; spread_bits <= 6; spread_bits += 6) {
        struct delivery_options options = in_order;
        options.lane_bits = 10;
        options.spread_bits = spread_bits;
        struct service service;
        service_init_for(
            &service, &options, (struct limits){.records_a_s = 900, .bytes_a_s = 1 << 20});
        run_for(&service, 2000);
        assert_int_equal(service.delivery.gates.count, SHARDS);
        service.first_shard = SHARDS;
        for (size_t i = 0; i < SHARDS; i++)
            service.shards[i].limits = (struct limits){.records_a_s = 1e9, .bytes_a_s = 1e12};
        run_for(&service, 1000); // Each lane that waits is let in once.

        struct tally tally = tally_for(&service, 1);

        for (size_t i = 0; i < SHARDS; i++)
            assert_true(tally.stored_a_s[i] > 10000);
        service_release(&service);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_given_what_they_take_and_little_in_vain),
        cmocka_unit_test(a_closed_shard_slows_no_other),
        cmocka_unit_test(a_shard_that_opens_again_is_soon_given_what_it_takes),
        cmocka_unit_test(more_than_the_documented_limit_is_found_out),
        cmocka_unit_test(an_endpoint_that_never_throttles_is_never_held_back),
        cmocka_unit_test(a_shard_that_throttled_long_ago_is_free_again),
        cmocka_unit_test(lanes_leave_the_gates_of_shards_that_are_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
