// A small world around delivery: a server that says what happened, a service that stores, refuses
// or loses, and a clock; all of it from one seed. After every turn delivery must agree with a
// model that knows nothing of lanes, rings or entries: a list of what was said.
#include "cmocka_prelude.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/delivery.h"
#include "model/batch.h"
#include "model/record.h"

enum {
    SEEDS = 400,
    KEYS = 4,
    TABLES = 3,
    SAID_MAX = 80,
    SEATS_MAX = 4,
    TURNS_MAX = 100000
};

enum saying {
    SAYS_BEGIN,
    SAYS_RECORD,
    SAYS_TRUNCATE, // A record as well, which must not be overtaken by its table's, nor overtake.
    SAYS_COMMIT,
    SAYS_KEEPALIVE
};

enum whereabouts {
    NOT_GIVEN,
    QUEUED,
    IN_FLIGHT,
    PAID // Acknowledged on this connection.
};

// One thing the server says; number i of them has LSN i + 1.
struct said {
    enum saying saying;
    char key;
    uint64_t table;
    size_t data_len;
    size_t memory_bytes;
    enum whereabouts whereabouts;
    uint64_t entry; // In which it was sent last, a number of ours.
    bool stored;    // On whatever connection, acknowledged or not.
};

struct world {
    struct random random;
    struct delivery delivery;
    struct said said[SAID_MAX];
    size_t count;
    size_t first; // What this connection began with.
    size_t next;
    struct batch *seats[SEATS_MAX];
    size_t seat_count;
    size_t taken_count;
    uint64_t entries; // That were sent.
    int64_t now_ms;
    bool restarted;
};

static uint64_t below(struct world *world, uint64_t limit)
{
    return random_below(&world->random, limit);
}

static bool is_record(const struct said *said)
{
    return said->saying == SAYS_RECORD || said->saying == SAYS_TRUNCATE;
}

static bool is_end(const struct said *said)
{
    return said->saying == SAYS_COMMIT || said->saying == SAYS_KEEPALIVE;
}

static bool is_owed(const struct said *said)
{
    return said->whereabouts == QUEUED || said->whereabouts == IN_FLIGHT;
}

static void say(struct world *world, enum saying saying)
{
    world->said[world->count++] = (struct said){
        .saying = saying,
        .key = (char)('a' + below(world, KEYS)),
        .table = below(world, TABLES), // 0 is no table.
        .data_len = below(world, 300),
    };
}

static void write_history(struct world *world)
{
    while (world->count < SAID_MAX - 10) {
        if (below(world, 4) == 0) {
            say(world, SAYS_KEEPALIVE);
            continue;
        }
        say(world, SAYS_BEGIN);
        for (uint64_t left = below(world, 8); left > 0; left--)
            say(world, below(world, 10) == 0 ? SAYS_TRUNCATE : SAYS_RECORD);
        say(world, SAYS_COMMIT);
    }
}

static void world_init(struct world *world, uint64_t seed)
{
    *world = (struct world){.random = random_from(seed)};
    bool in_order = below(world, 4) == 0;
    const unsigned lane_bits[] = {1, 2, LANE_BITS_MAX};
    struct delivery_options options = {
        .packing = in_order ? PACKING_IN_ORDER : PACKING_ONE_OF_A_LANE,
        .lane_bits = in_order ? 0 : lane_bits[below(world, 3)],
        .memory_bytes_max = below(world, 3000),
        .entry_bytes_max = in_order || below(world, 2) == 0 ? 0 : 50 + below(world, 1000),
        .seed = seed,
    };
    delivery_init(&world->delivery, options, 0);
    world->seat_count = 1 + below(world, SEATS_MAX);
    write_history(world);
}

static bool keeps_order(const struct world *world)
{
    return world->delivery.options.packing == PACKING_IN_ORDER;
}

static size_t index_of(const struct record *record)
{
    return record->lsn - 1;
}

// (I1), and that no confirmation is kept back: every end that only paid records precede, and none
// beyond.
static lsn_t position_owed_nothing_before(const struct world *world)
{
    size_t i = world->first;
    lsn_t position = i;
    for (; i < world->next && !is_owed(&world->said[i]); i++)
        if (is_end(&world->said[i]))
            position = i + 1;
    return position;
}

static void check_tables(const struct world *world)
{
    for (uint64_t table = 0; table < TABLES; table++) {
        bool owes = false;
        bool fenced = false;
        for (size_t i = world->first; table != 0 && i < world->next; i++) {
            const struct said *said = &world->said[i];
            owes |= is_owed(said) && said->table == table;
            fenced |= is_owed(said) && said->table == table && said->saying == SAYS_TRUNCATE;
        }
        assert_int_equal(delivery_owes_table(&world->delivery, table), owes);
        assert_int_equal(delivery_is_fenced(&world->delivery, table), fenced);
    }
}

static void check(const struct world *world)
{
    const struct delivery *delivery = &world->delivery;
    size_t memory_bytes = 0;
    size_t owed = 0;
    size_t in_flight = 0;
    for (size_t i = world->first; i < world->next; i++) {
        const struct said *said = &world->said[i];
        memory_bytes += is_owed(said) ? said->memory_bytes : 0;
        owed += is_owed(said);
        in_flight += said->whereabouts == IN_FLIGHT;
    }
    assert_int_equal(delivery->memory_bytes, memory_bytes);
    assert_int_equal(delivery_is_idle(delivery), owed == 0);
    assert_int_equal(delivery_is_in_flight(delivery), in_flight > 0);
    bool under_bound = memory_bytes < delivery->options.memory_bytes_max;
    assert_int_equal(delivery_has_room(delivery, 0), under_bound || owed == 0);
    assert_int_equal(delivery_flushed(delivery), position_owed_nothing_before(world));
    check_tables(world);
}

// What is sent overtakes nothing: what came before it is paid or before it in the same entry or,
// where the sink keeps a batch's order, in the same batch.
static void check_sending(const struct world *world, size_t sent)
{
    for (size_t i = world->first; i < sent; i++) {
        const struct said *said = &world->said[i];
        if (keeps_order(world))
            assert_int_not_equal(said->whereabouts, QUEUED);
        else if (said->key == world->said[sent].key)
            assert_true(!is_owed(said) || said->entry == world->entries);
    }
}

// (I2). A record may be stored again, but only the newest of its key and what goes in one entry
// with that, unless the server repeated itself or the batch was lost after some of it was stored.
static void check_storing(const struct world *world, size_t stored)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct said *said = &world->said[i];
        if (!is_record(said) || said->key != world->said[stored].key)
            continue;
        if (i < stored)
            assert_true(said->stored);
        else if (i > stored && !world->restarted && !keeps_order(world))
            assert_true(!said->stored || said->entry == world->said[stored].entry);
    }
}

static void give_record(struct world *world, struct said *said)
{
    static const char zeros[300];
    struct record *record =
        record_new((struct str){&said->key, 1}, (struct str){zeros, said->data_len});
    record->table = said->table;
    record->lsn = world->next + 1;
    said->memory_bytes = record_memory_bytes(record);
    said->whereabouts = QUEUED;
    delivery_add(&world->delivery, record);
    if (said->saying == SAYS_TRUNCATE && said->table != 0)
        delivery_fence(&world->delivery, said->table);
}

static bool must_wait(const struct world *world, const struct said *said)
{
    const struct delivery *delivery = &world->delivery;
    return !delivery_has_room(delivery, 0) || delivery_is_fenced(delivery, said->table) ||
           (said->saying == SAYS_TRUNCATE && delivery_owes_table(delivery, said->table));
}

static void hear(struct world *world)
{
    if (world->next == world->count)
        return;
    struct said *said = &world->said[world->next];
    lsn_t lsn = world->next + 1;
    if (is_record(said) && must_wait(world, said))
        return;
    if (is_record(said))
        give_record(world, said);
    else if (said->saying == SAYS_BEGIN)
        delivery_begin(&world->delivery, 1);
    else if (said->saying == SAYS_COMMIT)
        delivery_commit(&world->delivery, lsn);
    else
        delivery_advance(&world->delivery, lsn);
    world->next++;
}

static void send(struct world *world, const struct record *first)
{
    world->entries++;
    for (; first; first = first->next) {
        struct said *said = &world->said[index_of(first)];
        assert_int_equal(said->whereabouts, QUEUED);
        check_sending(world, index_of(first));
        said->whereabouts = IN_FLIGHT;
        said->entry = world->entries;
    }
}

static void submit(struct world *world)
{
    if (world->taken_count == world->seat_count)
        return;
    bool due = delivery_wake_at_ms(&world->delivery) <= world->now_ms;
    struct batch *batch = delivery_next_batch(&world->delivery, world->now_ms);
    assert_int_equal(batch != NULL, due);
    if (!batch)
        return;
    assert_true(batch->count > 0);
    for (size_t i = 0; i < batch->count; i++)
        send(world, batch->records[i]);
    world->seats[world->taken_count++] = batch;
}

static void decide(
    struct world *world, const struct record *first, enum outcome outcome, bool is_stored)
{
    for (; first; first = first->next) {
        struct said *said = &world->said[index_of(first)];
        if (is_stored)
            check_storing(world, index_of(first));
        said->stored |= is_stored;
        said->whereabouts = outcome == OUTCOME_STORED ? PAID : QUEUED;
    }
}

// Each record has its own fate, or the whole reply is lost: what became of them is not known.
static void decide_each(struct world *world, struct batch *batch)
{
    const enum outcome fates[] = {
        OUTCOME_STORED, OUTCOME_STORED, OUTCOME_STORED, OUTCOME_THROTTLED, OUTCOME_FAILED};
    bool is_lost = below(world, 6) == 0;
    for (size_t i = 0; i < batch->count; i++) {
        enum outcome fate = fates[below(world, 5)];
        batch->outcomes[i] = is_lost ? OUTCOME_UNKNOWN : fate;
        decide(world, batch->records[i], batch->outcomes[i], fate == OUTCOME_STORED);
    }
}

// A first part is stored and known to be, a second is stored, and the rest is not.
static void decide_in_order(struct world *world, struct batch *batch)
{
    size_t known = below(world, batch->count + 1);
    size_t stored = known + below(world, batch->count - known + 1);
    for (size_t i = 0; i < batch->count; i++) {
        batch->outcomes[i] = i < known ? OUTCOME_STORED : OUTCOME_UNKNOWN;
        decide(world, batch->records[i], batch->outcomes[i], i < stored);
    }
}

static void complete(struct world *world)
{
    if (world->taken_count == 0)
        return;
    size_t at = below(world, world->taken_count);
    struct batch *batch = world->seats[at];
    world->seats[at] = world->seats[--world->taken_count];
    if (keeps_order(world))
        decide_in_order(world, batch);
    else
        decide_each(world, batch);
    delivery_settle(&world->delivery, batch, world->now_ms);
}

// A lost connection: what is out comes back, and the server begins after what was flushed.
static void restart(struct world *world)
{
    while (world->taken_count > 0)
        complete(world);
    delivery_restart(&world->delivery, delivery_flushed(&world->delivery));
    for (size_t i = 0; i < world->count; i++)
        world->said[i].whereabouts = NOT_GIVEN;
    world->first = delivery_flushed(&world->delivery);
    world->next = world->first;
    world->restarted = true;
}

static void pass_time(struct world *world)
{
    int64_t wake_at_ms = delivery_wake_at_ms(&world->delivery);
    if (wake_at_ms != CLOCK_NEVER_MS && wake_at_ms > world->now_ms && below(world, 2) == 0)
        world->now_ms = wake_at_ms;
    else
        world->now_ms += (int64_t)below(world, 200);
}

static void turn(struct world *world)
{
    uint64_t draw = below(world, 10);
    if (draw < 4)
        hear(world);
    else if (draw < 6)
        submit(world);
    else if (draw < 8)
        complete(world);
    else
        pass_time(world);

    if (below(world, 100) == 0)
        delivery_hold(&world->delivery, world->now_ms + (int64_t)below(world, 1000));
    if (below(world, 200) == 0)
        restart(world);
}

static uint64_t seed;

static void every_seed_ends_with_all_stored_in_order_and_confirmed(void **state)
{
    (void)state;
    for (seed = 0; seed < SEEDS; seed++) {
        struct world world;
        world_init(&world, seed);

        for (int turns = 0; world.next < world.count || !delivery_is_idle(&world.delivery);
             turns++) {
            assert_true(turns < TURNS_MAX);
            turn(&world);
            check(&world);
        }

        for (size_t i = 0; i < world.count; i++)
            assert_true(world.said[i].stored || !is_record(&world.said[i]));
        assert_int_equal(delivery_flushed(&world.delivery), world.count);
        delivery_release(&world.delivery);
    }
}

static int name_the_seed(void **state)
{
    (void)state;
    if (seed < SEEDS)
        print_message("seed %llu\n", (unsigned long long)seed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(
            every_seed_ends_with_all_stored_in_order_and_confirmed, name_the_seed),
    };
    return cmocka_run_group_tests_name("delivery_world", tests, NULL, NULL);
}
