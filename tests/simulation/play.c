#include "play.h"

#include "fake_kinesis.h"
#include "fate.h"
#include "history.h"
#include "oracle.h"
#include "process.h"
#include "server.h"
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void play(const struct scenario *scenario, bool trace)
{
    world_begin(scenario, trace);
    history_begin();
    server_begin();
    oracle_begin();
    fake_kinesis_begin();
    fate_begin();
    process_play();
    fake_kinesis_release();
    oracle_release();
    history_release();
}

static int status_of(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        continue;
    return status;
}

int play_apart(const struct scenario *scenario, bool aloud)
{
    fflush(stdout);
    pid_t child = fork();
    if (child > 0)
        return status_of(child);
    if (!aloud) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO);
    }
    play(scenario, false);
    exit(0);
}

bool play_range(uint64_t from, uint64_t count, struct failure *failure)
{
    // What the child plays, for the case that it dies of it.
    uint64_t *playing =
        mmap(NULL, sizeof *playing, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (uint64_t seed = from; seed < from + count; seed++) {
            *playing = seed;
            struct scenario scenario = scenario_by(seed, failure->plugin);
            play(&scenario, false);
        }
        exit(0);
    }
    failure->status = status_of(child);
    failure->seed = *playing;
    munmap(playing, sizeof *playing);
    return failure->status != 0;
}
