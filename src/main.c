// pg_kinesis - replicate committed changes of PostgreSQL to Amazon Kinesis.
#include "app/exit_status.h"
#include "app/lifecycle.h"
#include "app/open_sink.h"
#include "app/options.h"
#include "app/signals.h"
#include "app/sleeper.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "command/drop.h"
#include "model/config.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

// Memory holds passwords and keys: it goes into no core file.
static void keep_secrets(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
}

static int fail(const struct err *err)
{
    log_event(LOG_ERROR, "%s", err->text);
    return exit_status_of(err->kind);
}

static int show_help(void)
{
    struct buf help;
    buf_init(&help, 1 << 16);
    options_write_help(&help);
    fputs(buf_c(&help), stdout);
    buf_release(&help);
    return EXIT_STATUS_CLEAN;
}

static int drop(const struct config *config)
{
    struct err err;
    struct sleeper sleeper = sleeper_of(NULL);
    return drop_run(config, &sleeper.base, &err) ? EXIT_STATUS_CLEAN : fail(&err);
}

// Two that start at the same moment wait for different times.
static uint64_t seed(void)
{
    return (uint64_t)clock_wall_us() ^ (uint64_t)getpid() << 32;
}

static int stream(const struct config *config)
{
    struct err err;
    struct misfits misfits;
    struct open_sink sink;
    if (!misfits_open(&misfits, config, &err))
        return fail(&err);
    if (!open_sink(&sink, config, &err)) {
        misfits_close(&misfits);
        return signals_ask_to_leave() ? EXIT_STATUS_CLEAN : fail(&err);
    }
    struct lifecycle life;
    lifecycle_init(&life, config, &sink, seed());
    life.pump.intake.misfits = misfits;
    while (lifecycle_step(&life))
        continue;
    return lifecycle_release(&life);
}

int main(int argc, char **argv)
{
    static struct config config; // As long as the process, as is what it points to.
    struct err err;
    keep_secrets();
    if (!options_read(argc, argv, &config, &err))
        return fail(&err);
    log_set_level(config.log_level);
    switch (config.command) {
    case COMMAND_HELP:
        return show_help();
    case COMMAND_VERSION:
        puts("pg_kinesis " PGK_VERSION);
        return EXIT_STATUS_CLEAN;
    case COMMAND_DROP:
        signals_open();
        return drop(&config);
    case COMMAND_STREAM:
        break;
    }
    signals_open();
    return stream(&config);
}
