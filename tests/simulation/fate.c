#include "fate.h"

#include "base/clock.h"
#include "base/random.h"
#include "history.h"
#include "request.h"
#include "server.h"
#include "stream.h"
#include "world.h"

enum {
    AFTERWARDS_MS = 10000 // Misfortunes go on a while after the last commit.
};

static struct random dice;
static int64_t next_mishap_ms;
static int64_t next_cut_ms;
static int64_t calm_at_ms;
static bool killed;

int64_t fate_roll(int64_t below)
{
    return (int64_t)random_below(&dice, (uint64_t)below);
}

static int64_t next_gap_ms(void)
{
    return 1 + fate_roll(world.scenario.mishap_gap_ms);
}

void fate_begin(void)
{
    dice = world_random(4);
    next_mishap_ms = world.now_ms + next_gap_ms();
    int64_t cut_every_ms = world.scenario.cut_every_ms;
    next_cut_ms = cut_every_ms > 0 ? world.now_ms + cut_every_ms : CLOCK_NEVER_MS;
    calm_at_ms = CLOCK_NEVER_MS;
    killed = false;
}

bool fate_takes_the_process(void)
{
    bool was = killed;
    killed = false;
    return was;
}

static void strike(enum misfortune misfortune)
{
    switch (misfortune) {
    case MISFORTUNE_RESHARD:
        stream_reshard();
        break;
    case MISFORTUNE_RENEWAL:
        requests_refuse(fate_roll(10000));
        stream_renew();
        break;
    case MISFORTUNE_CLOSURE:
        stream_close_a_shard(fate_roll(20000));
        break;
    case MISFORTUNE_STALL:
        requests_stall(fate_roll(20000));
        break;
    case MISFORTUNE_REFUSAL:
        requests_refuse(fate_roll(10000));
        break;
    case MISFORTUNE_SILENCE:
        server_fall_silent(fate_roll(5000));
        break;
    case MISFORTUNE_DISCONNECT:
        server_break_a_connection();
        break;
    case MISFORTUNE_RESTART:
        server_restart();
        break;
    case MISFORTUNE_PROMOTION:
        server_promote();
        break;
    case MISFORTUNE_ADVANCE:
        server_advance_slot();
        break;
    case MISFORTUNE_KILL:
        world_trace("kill -9");
        killed = true;
        break;
    case MISFORTUNE_TERMINATION:
        world_trace("SIGTERM");
        world.asked_to_leave = true;
        break;
    default:
        break; // Those that come with every request or answer.
    }
}

static void cut(void)
{
    server_cut_stream();
    next_cut_ms = world.now_ms + world.scenario.cut_every_ms;
}

void fate_act(void)
{
    if (world.now_ms >= next_cut_ms)
        cut();
    if (history.is_over && calm_at_ms == CLOCK_NEVER_MS)
        calm_at_ms = world.now_ms + AFTERWARDS_MS;
    if (!world.is_calm && world.now_ms >= calm_at_ms) {
        world_trace("it is calm from now on");
        world.is_calm = true;
    }
    if (world.is_calm || world.now_ms < next_mishap_ms)
        return;
    next_mishap_ms = world.now_ms + next_gap_ms();
    enum misfortune misfortune = (enum misfortune)fate_roll(MISFORTUNE_COUNT);
    if (scenario_has(&world.scenario, misfortune))
        strike(misfortune);
}

int64_t fate_next_ms(void)
{
    if (world.is_calm)
        return next_cut_ms;
    return world_earlier(world_earlier(next_mishap_ms, calm_at_ms), next_cut_ms);
}
