#include "scenario.h"

#include "base/random.h"
#include "delivery/gate.h"
#include "delivery/lane.h"

enum {
    CALM_EVERY = 8,
    LONG_EVERY = 10,
    CLOSED_EVERY = 12
};

static const char *const names[MISFORTUNE_COUNT] = {
    [MISFORTUNE_THROTTLE] = "throttle",
    [MISFORTUNE_FAILURE] = "failure",
    [MISFORTUNE_LOST_REPLY] = "lost-reply",
    [MISFORTUNE_LATE_COPY] = "late-copy",
    [MISFORTUNE_INVERSION] = "inversion",
    [MISFORTUNE_RESHARD] = "reshard",
    [MISFORTUNE_RENEWAL] = "renewal",
    [MISFORTUNE_CLOSURE] = "closure",
    [MISFORTUNE_REFUSAL] = "refusal",
    [MISFORTUNE_STALL] = "stall",
    [MISFORTUNE_SILENCE] = "silence",
    [MISFORTUNE_DISCONNECT] = "disconnect",
    [MISFORTUNE_RESTART] = "restart",
    [MISFORTUNE_PROMOTION] = "promotion",
    [MISFORTUNE_ADVANCE] = "advance",
    [MISFORTUNE_KILL] = "kill",
    [MISFORTUNE_TERMINATION] = "termination",
    [MISFORTUNE_CATALOG] = "catalog",
    [MISFORTUNE_CHATTER] = "chatter",
};

const char *misfortune_name(enum misfortune misfortune)
{
    return names[misfortune];
}

enum misfortune misfortune_named(struct str name)
{
    int i = 0;
    while (i < MISFORTUNE_COUNT && !str_equal(name, str_from_c(names[i])))
        i++;
    return (enum misfortune)i;
}

static unsigned between(struct random *random, unsigned least, unsigned most)
{
    return least + (unsigned)random_below(random, most - least + 1);
}

// From next to nothing to plenty: each power of two is as likely as any other.
static unsigned spread(struct random *random, unsigned least, unsigned doublings)
{
    return between(random, least, least << random_below(random, doublings + 1));
}

// Where nothing else ever happens everything must come exactly once. The stops that were asked for
// are part of it.
static const uint32_t harmless = 1U << MISFORTUNE_TERMINATION | 1U << MISFORTUNE_CHATTER |
                                 1U << MISFORTUNE_THROTTLE | 1U << MISFORTUNE_FAILURE |
                                 1U << MISFORTUNE_INVERSION | 1U << MISFORTUNE_RESHARD |
                                 1U << MISFORTUNE_CLOSURE;

static uint32_t misfortunes_of(uint64_t seed, struct random *random)
{
    uint32_t drawn = (uint32_t)random_below(random, 1U << MISFORTUNE_COUNT);
    return seed % CALM_EVERY == 0 ? drawn & harmless : drawn;
}

static enum asking asking_of(struct random *random)
{
    unsigned draw = between(random, 0, 2 * ASKING_FOR_NO_ODD);
    return draw <= ASKING_FOR_NO_ODD ? (enum asking)draw : ASKING_FOR_ALL;
}

// One transaction that takes longer to deliver, though not to receive, than any connection lives.
//
// Up to PostgreSQL 15 test_decoding tells messages outside of any transaction: nothing says of
// them, and so of what follows, how far they came before the connection was cut, and it may never
// end.
static void make_long(struct scenario *scenario, struct random *random)
{
    scenario->transactions = between(random, 8, 28);
    scenario->long_changes = between(random, 500, 2500);
    scenario->asking = ASKING_FOR_ALL;
    if (scenario->messages)
        scenario->server_version = 160000;
    scenario->cut_every_ms = between(random, 1500, 4000);
    scenario->latency_ms = 1;
    scenario->window = 512;
    scenario->service_latency_ms = between(random, 50, 300);
    scenario->seats = 1;
    scenario->lane_bits = between(random, 1, 4);
    bool fits = random_below(random, 4) > 0;
    scenario->memory_bytes_max = between(random, 20000, 100000) << (fits ? 8 : 0);
}

// One shard is closed while a lot comes for all, and nothing else goes wrong that would hold others
// back.
static void make_closed(struct scenario *scenario, struct random *random)
{
    scenario->misfortunes &= 1U << MISFORTUNE_CHATTER | 1U << MISFORTUNE_CATALOG;
    scenario->shards = between(random, 2, 4);
    scenario->shard_records_a_second = 0;
    scenario->closed_for_ms = between(random, 2000, 20000);
    scenario->transactions = between(random, 60, 120);
    scenario->tables = between(random, 3, 6);
    scenario->commit_gap_ms = between(random, 20, 100);
    scenario->memory_bytes_max = between(random, 100000, 1000000);
    scenario->lane_bits = between(random, 4, LANE_BITS_MAX);
    scenario->in_order = false;
}

static struct fields fields_of(struct random *random)
{
    uint64_t drawn = random_below(random, 2) == 0 ? 0 : random_below(random, 16);
    return (struct fields){
        .xid = drawn & 1, .seq = drawn & 2, .commit_lsn = drawn & 4, .commit_time = drawn & 8};
}

// The operator wants no order of a key's records.
static void make_spread(struct scenario *scenario, struct random *random)
{
    if (scenario->in_order || scenario->entry_bytes_max > 0 || scenario->lane_bits == 0)
        return;
    scenario->spread_bits = between(random, 1, scenario->lane_bits);
    // A shard that is closed for long would hold up everything.
    scenario->places_anywhere = random_below(random, 2) == 0 && scenario->closed_for_ms == 0;
}

struct scenario scenario_of(uint64_t seed)
{
    struct random random = random_from(seed);
    struct scenario scenario = {
        .seed = seed,
        .misfortunes = misfortunes_of(seed, &random),
        .transactions = between(&random, 10, 120),
        .tables = between(&random, 1, 6),
        .changes_max = spread(&random, 2, 5),
        .commit_gap_ms = spread(&random, 2, 8),
        .mishap_gap_ms = spread(&random, 200, 5),
        .latency_ms = spread(&random, 1, 6),
        .service_latency_ms = spread(&random, 1, 6),
        .shards = between(&random, 1, 8),
        .shard_id_step = random_below(&random, 4) == 0 ? GATE_SLOTS : 1,
        .shard_records_a_second = random_below(&random, 2) == 0 ? 0 : spread(&random, 10, 6),
        .alters_tables = random_below(&random, 2) == 0,
        .messages = random_below(&random, 3) == 0,
        .asking = asking_of(&random),
        .asked_for =
            1 | (uint32_t)random_below(&random, 256), // To name none would be to ask for all.
        .plugin = random_below(&random, 2) == 0 ? PLUGIN_TEST_DECODING : PLUGIN_PGOUTPUT,
        .server_version = (int)between(&random, 14, 16) * 10000,
        .wal_sender_timeout_ms = random_below(&random, 8) == 0 ? 0 : spread(&random, 1000, 6),
        .window = spread(&random, 1, 8),
        .retry_initial = random_below(&random, 2) == 0,
        .memory_bytes_max = spread(&random, 1000, 8),
        .lane_bits = between(&random, 0, LANE_BITS_MAX),
        .in_order = random_below(&random, 6) == 0,
        .seats = between(&random, 1, 16),
        .mishap_percent = spread(&random, 1, 4),
        .entry_bytes_max = random_below(&random, 3) == 0 ? spread(&random, 300, 8) : 0,
    };
    if (seed % LONG_EVERY == 1)
        make_long(&scenario, &random);
    else if (seed % CLOSED_EVERY == 2)
        make_closed(&scenario, &random);
    // What waits for company longer than connections live is never sent.
    bool lingers = random_below(&random, 4) == 0 && scenario.cut_every_ms == 0;
    scenario.linger_ms = lingers ? spread(&random, 1, 8) : 0;
    if (random_below(&random, 4) == 0)
        make_spread(&scenario, &random);
    scenario.fields = fields_of(&random);
    if (scenario.in_order) {
        scenario.entry_bytes_max = 0;
        scenario.lane_bits = 0;
        scenario.seats = 1;
        scenario.misfortunes &= ~(1U << MISFORTUNE_LATE_COPY);
    }
    return scenario;
}

struct scenario scenario_by(uint64_t seed, enum plugin plugin)
{
    struct scenario scenario = scenario_of(seed);
    if (plugin != PLUGIN_AUTO)
        scenario.plugin = plugin;
    return scenario;
}

bool scenario_is_harmless(const struct scenario *scenario)
{
    return (scenario->misfortunes & ~harmless) == 0 && scenario->cut_every_ms == 0;
}
