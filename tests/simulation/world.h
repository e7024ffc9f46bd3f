// world - time, chance, and the judge's word, for all that the simulated program meets.
//
// Time stands still while the program computes; it moves when the program sleeps, from one thing
// that happens to the next. There is one world at a time: the interfaces that the program is linked
// with carry no context, as those of the real world do not.
#ifndef PGK_SIMULATION_WORLD_H
#define PGK_SIMULATION_WORLD_H

#include "base/random.h"
#include "base/wait.h"
#include "scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which promise was broken; the process' exit status, so that a shrunk replay breaks the same.
enum invariant {
    INVARIANT_CONFIRMED = 11, // I1: what is confirmed is stored.
    INVARIANT_ORDER,          // I2: first deliveries of a key come in commit order.
    INVARIANT_COMPLETE,       // I3: nothing is missing and nothing was made up.
    INVARIANT_LAST,           // I4: a key's last record is its last change.
    INVARIANT_MEMORY,         // I5: memory stays under its bound.
    INVARIANT_ENDS,           // I6: it ends, and does not spin.
    INVARIANT_BARRIER,        // A TRUNCATE lies between what came before and after it.
    INVARIANT_ONCE,           // Nothing comes twice that nothing made come twice.
    INVARIANT_EXIT,           // The exit status is the right one.
    INVARIANT_ALIVE,          // A connection is kept alive.
    INVARIANT_PROMPT,         // Nothing waits without a reason.
    INVARIANT_KEY,            // A record's partition key is its row's.
    INVARIANT_SIMULATION      // The simulation itself met what it does not know.
};

struct world {
    struct scenario scenario;
    int64_t now_ms;
    int64_t started_ms;
    bool is_calm; // The time of misfortunes is over: what is left must end.
    bool tracing;
    bool asked_to_leave; // By SIGTERM.
    uint64_t moves;      // Things that the program did to the world.
    uint64_t moves_seen;
    unsigned idle_turns;
};

enum {
    HOST_SIGNALS_FD = 3 // The server numbers its connections from above it.
};

extern struct world world;

void world_begin(const struct scenario *scenario, bool tracing);

// A stream of chance of its own for each who asks, so that what one does moves no other's dice.
struct random world_random(unsigned stream);

// The program did something: it does not spin.
void world_moved(void);

// What sleeps do: moves time on until a descriptor is ready, the sink has something done, or the
// timeout (-1: none).
void world_sleep(struct wait_fd *fds, size_t count, int timeout_ms);

// The same without a sink.
void world_poll(struct wait_fd *fds, size_t count, int timeout_ms);

// Moves time on while no program runs.
void world_pass(int64_t duration_ms);

int64_t world_earlier(int64_t a_ms, int64_t b_ms);

void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Ends the process: a promise was broken.
_Noreturn void world_broken(enum invariant invariant, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
