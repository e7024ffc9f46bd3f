#include "process.h"

#include "app/exit_status.h"
#include "app/lifecycle.h"
#include "app/open_sink.h"
#include "fake_kinesis.h"
#include "fate.h"
#include "history.h"
#include "memory.h"
#include "model/config.h"
#include "model/record.h"
#include "operator.h"
#include "oracle.h"
#include "server.h"
#include "world.h"

#include <stdio.h>

enum {
    RECORD_BYTES_MAX = 1 << 20,
    RECORD_BYTES_HERE = 2048, // What the history's records take at most.
    CALM_MS_MAX = 400000,     // In calm, everything is delivered by then.
    CALM_MS_PER_CHANGE = 100,
    LEAVE_MS_MAX = 29000 // Most supervisors kill after 30 s.
};

static struct config config_of(const struct scenario *scenario)
{
    static const struct publications publications = {
        .names = {STR_CONST("simulation")}, .count = 1};
    struct config config = {
        .command = COMMAND_STREAM,
        .source = "",
        .slot = "simulation",
        .slot_is_named = true,
        .create = true,
        .retry_initial = scenario->retry_initial,
        .stream = "simulation",
        .endpoint_url = "",
        .region = "",
        .profile = "",
        .fields = scenario->fields,
        .messages = scenario->messages,
        .order = scenario_keeps_order(scenario) ? ORDER_KEY : ORDER_NONE,
        .memory_bytes_max = scenario->memory_bytes_max,
        .linger_ms = scenario->linger_ms,
    };
    if (scenario->plugin == PLUGIN_PGOUTPUT)
        config.publications = publications;
    operator_ask(&config.selection);
    return config;
}

static void start(struct lifecycle *life, const struct config *config)
{
    const struct scenario *scenario = &world.scenario;
    struct open_sink sink = {
        .sink = fake_kinesis_open(),
        .delivery =
            {
                .lane_bits = scenario->lane_bits,
                .spread_bits = scenario->spread_bits,
                .packing = scenario->in_order ? PACKING_IN_ORDER : PACKING_ONE_OF_A_LANE,
                .entry_bytes_max = scenario->entry_bytes_max,
            },
        .record_bytes_max = RECORD_BYTES_MAX,
    };
    sink.waiter = sleeper_of(sink.sink);
    sink.last_waiter = sleeper_to_the_end();
    snprintf(sink.name, sizeof sink.name, "the simulation");
    world.asked_to_leave = false;
    server.commit_taken = 0;
    lifecycle_init(life, config, &sink, scenario->seed + (uint64_t)fate_roll(1 << 30));
}

// With one lane, or one key, each record lingers by itself.
static int64_t patience_ms(const struct scenario *scenario)
{
    return CALM_MS_MAX + (int64_t)scenario->long_changes * CALM_MS_PER_CHANGE +
           (int64_t)history.change_count * scenario->linger_ms;
}

static void judge_turn(int64_t calm_ms)
{
    // What is let in last may be a TRUNCATE of all tables.
    size_t most = world.scenario.memory_bytes_max + history.table_count * RECORD_BYTES_HERE;
    if (memory_taken_bytes() > most)
        world_broken(INVARIANT_MEMORY, "%zu bytes of records", memory_taken_bytes());
    if (world.is_calm && world.now_ms - calm_ms > patience_ms(&world.scenario))
        world_broken(INVARIANT_ENDS, "it does not end");
}

// True when everything is delivered and the server knows.
static bool is_at_rest(void)
{
    return world.is_calm && oracle_is_content() && server.confirmed >= history.position;
}

// A clean end confirms all that was taken, unless it came to a broken connection.
static void judge_clean_end(const struct lifecycle *life)
{
    if (scenario_is_harmless(&world.scenario) && delivery_is_idle(&life->delivery) &&
        server.confirmed < server.commit_taken)
        world_broken(INVARIANT_ONCE,
            "it left cleanly, and " LSN_FMT " is delivered but not confirmed",
            LSN_ARG(server.commit_taken));
}

static void judge_exit(int status, bool asked, int64_t asked_at_ms)
{
    world_trace("it exits with %d", status);
    if (status == EXIT_STATUS_CLEAN && !asked)
        world_broken(INVARIANT_EXIT, "it leaves, and nobody asked it to");
    if (status == EXIT_STATUS_FINAL || status == EXIT_STATUS_USAGE)
        world_broken(INVARIANT_EXIT, "it gives up for good: exit status %d", status);
    if (asked && world.now_ms - asked_at_ms > LEAVE_MS_MAX)
        world_broken(
            INVARIANT_EXIT, "it took %lld ms to leave", (long long)(world.now_ms - asked_at_ms));
}

// One process' life. False: the last one ended as it should.
static bool live(const struct config *config, int64_t *calm_ms)
{
    struct lifecycle life;
    start(&life, config);
    int64_t asked_at_ms = 0;
    bool last = false;
    bool killed = false;
    bool more = true;
    while (more && !killed) {
        more = lifecycle_step(&life);
        if (world.is_calm && *calm_ms == 0)
            *calm_ms = world.now_ms;
        judge_turn(*calm_ms);
        killed = fate_takes_the_process() && !last;
        if (world.asked_to_leave && asked_at_ms == 0)
            asked_at_ms = world.now_ms;
        if (is_at_rest() && !last && !world.asked_to_leave) {
            world_trace("all is delivered: SIGTERM");
            last = true;
            world.asked_to_leave = true;
            asked_at_ms = world.now_ms;
        }
    }
    if (!killed)
        judge_clean_end(&life);
    int status = lifecycle_release(&life);
    if (memory_taken_bytes() > 0)
        world_broken(INVARIANT_MEMORY, "%zu bytes of records are left", memory_taken_bytes());
    if (!killed)
        judge_exit(status, asked_at_ms > 0, asked_at_ms);
    return !last;
}

void process_play(void)
{
    struct config config = config_of(&world.scenario);
    int64_t calm_ms = 0;
    while (live(&config, &calm_ms))
        world_pass(1 + fate_roll(2000));
    selection_release(&config.selection);
    oracle_judge_end();
}
