#include "world.h"

#include "base/clock.h"
#include "fake_kinesis.h"
#include "fate.h"
#include "history.h"
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    START_MS = 1000000,
    IDLE_TURNS_MAX = 20
};

struct world world;

void world_begin(const struct scenario *scenario, bool tracing)
{
    world = (struct world){
        .scenario = *scenario, .now_ms = START_MS, .started_ms = START_MS, .tracing = tracing};
}

struct random world_random(unsigned stream)
{
    struct random random = random_from(world.scenario.seed * 64 + stream);
    random_below(&random, 2);
    return random;
}

void world_moved(void)
{
    world.moves++;
}

int64_t world_earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static void act(void)
{
    history_act();
    fate_act();
    server_act();
    fake_kinesis_act();
}

static int64_t next_ms(void)
{
    int64_t at_ms = world_earlier(history_next_ms(), fate_next_ms());
    at_ms = world_earlier(at_ms, server_next_ms());
    return world_earlier(at_ms, fake_kinesis_next_ms());
}

static bool look(struct wait_fd *fds, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        fds[i].ready = fds[i].fd == HOST_SIGNALS_FD ? world.asked_to_leave && fds[i].read
                                                    : server_is_ready(&fds[i]);
        any |= fds[i].ready;
    }
    return any;
}

// Of turns in which time stands still some do nothing, since any return means only "look around";
// many in a row are a program that spins.
static void judge_turn(int64_t slept_from_ms)
{
    bool idle = world.now_ms == slept_from_ms && world.moves == world.moves_seen;
    world.moves_seen = world.moves;
    world.idle_turns = idle ? world.idle_turns + 1 : 0;
    if (idle && server_has_hung_up())
        world.now_ms++; // No sleep lasts beside a hang-up; turns do take their time.
    if (world.idle_turns > IDLE_TURNS_MAX)
        world_broken(INVARIANT_ENDS, "it spins: %u turns without doing anything", world.idle_turns);
}

static void sleep_until(struct wait_fd *fds, size_t count, int timeout_ms, bool (*is_over)(void))
{
    int64_t from_ms = world.now_ms;
    int64_t deadline_ms = timeout_ms < 0 ? CLOCK_NEVER_MS : from_ms + timeout_ms;
    for (;;) {
        act();
        if (look(fds, count) || is_over() || world.now_ms >= deadline_ms)
            break;
        int64_t at_ms = world_earlier(next_ms(), deadline_ms);
        if (at_ms == CLOCK_NEVER_MS)
            world_broken(INVARIANT_ENDS, "it sleeps for ever");
        world.now_ms = at_ms > world.now_ms ? at_ms : world.now_ms + 1;
    }
    judge_turn(from_ms);
}

void world_sleep(struct wait_fd *fds, size_t count, int timeout_ms)
{
    sleep_until(fds, count, timeout_ms, fake_kinesis_is_done);
}

static bool never(void)
{
    return false;
}

void world_poll(struct wait_fd *fds, size_t count, int timeout_ms)
{
    sleep_until(fds, count, timeout_ms, never);
}

void world_pass(int64_t duration_ms)
{
    int64_t deadline_ms = world.now_ms + duration_ms;
    while (world.now_ms < deadline_ms) {
        act();
        int64_t at_ms = world_earlier(next_ms(), deadline_ms);
        world.now_ms = at_ms > world.now_ms ? at_ms : world.now_ms + 1;
    }
}

__attribute__((format(printf, 2, 0))) static void say(FILE *file, const char *format, va_list args)
{
    fprintf(file, "%9.3f ", (double)(world.now_ms - world.started_ms) / 1000);
    vfprintf(file, format, args);
    fputc('\n', file);
}

void world_trace(const char *format, ...)
{
    if (!world.tracing)
        return;
    va_list args;
    va_start(args, format);
    say(stdout, format, args);
    va_end(args);
}

void world_broken(enum invariant invariant, const char *format, ...)
{
    static const char *const names[] = {"I1", "I2", "I3", "I4", "I5", "I6", "barrier", "once",
        "exit", "alive", "prompt", "key", "simulation"};
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr, "seed %llu breaks %s: ", (unsigned long long)world.scenario.seed,
        names[invariant - INVARIANT_CONFIRMED]);
    say(stderr, format, args);
    va_end(args);
    _exit((int)invariant);
}
