// kinesis_sim - a strict Kinesis Data Streams endpoint on localhost.
#include "sim/channel.h"
#include "sim/options.h"
#include "sim/server.h"
#include "sim/service.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

// Blocks the signals that end the program and returns the mask that lets them in.
static sigset_t hold_signals(void)
{
    sigset_t held;
    sigset_t before;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &before);
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN); // OpenSSL writes without asking not to be told.
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGINT);
    return before;
}

static bool create_streams(struct account *account, const struct options *options, struct err *err)
{
    for (size_t i = 0; i < options->streams_count; i++) {
        struct stream_plan plan = options->streams[i];
        plan.record_kib_max = options->rules.record_kib_max;
        if (!streams_create(&account->streams, plan, clock_wall_us() / 1000))
            return err_set(err, ERR_USAGE, "stream " STR_FMT " is given twice", STR_ARG(plan.name));
    }
    return true;
}

static bool open_arrivals(struct account *account, const char *path, struct err *err)
{
    if (!path)
        return true;
    account->arrivals = fopen(path, "w");
    return account->arrivals ||
           err_set(err, ERR_OPERATOR, "cannot write %s: %s", path, strerror(errno));
}

static void tell_summary(const struct counters *counters)
{
    fprintf(stderr,
        "kinesis_sim: %" PRIu64 " requests, %" PRIu64 " refused, %" PRIu64
        " with a wrong signature, %" PRIu64 " records stored, %" PRIu64 " failed, %" PRIu64
        " throttled, %" PRIu64 " replies dropped\n",
        counters->requests, counters->requests_refused, counters->signature_failures,
        counters->records_stored, counters->records_failed, counters->records_throttled,
        counters->replies_dropped);
}

static bool serve(const struct options *options, struct err *err)
{
    sigset_t while_asleep = hold_signals();
    static struct server server;
    struct tls tls = {.context = NULL};
    const bool has_tls = options->certificate_path != NULL;
    if (has_tls && !tls_open(&tls, options->certificate_path, options->key_path, err))
        return false;
    if (!server_open(&server, options->port, has_tls ? &tls : NULL, err)) {
        tls_close(&tls);
        return false;
    }
    struct service service;
    service_init(&service, options->rules, options->credentials);
    faults_init(&service.account.faults, options->rates, options->seed);
    service.account.faults.rules = options->fault_rules;
    bool ok = open_arrivals(&service.account, options->arrivals_path, err) &&
              create_streams(&service.account, options, err);
    if (ok) {
        printf("%s://127.0.0.1:%u\n", has_tls ? "https" : "http", server.port);
        fflush(stdout);
        server_run(&server, &service, &while_asleep, &stop);
        tell_summary(&service.account.counters);
    }
    service_release(&service);
    server_close(&server);
    tls_close(&tls);
    return ok;
}

int main(int argc, char **argv)
{
    struct options options;
    struct err err;
    bool ok = options_parse(&options, argc, argv, &err);
    if (ok && options.wish == WISH_HELP)
        fputs(options_help, stdout);
    else if (ok && options.wish == WISH_FAULT_HELP)
        fputs(fault_rule_help, stdout);
    else if (ok && options.wish == WISH_VERSION)
        puts("kinesis_sim " PGK_VERSION);
    else
        ok = ok && serve(&options, &err);
    if (ok)
        return EXIT_SUCCESS;
    fprintf(stderr, "kinesis_sim: %s\n", err.text);
    return err.kind == ERR_USAGE ? 2 : 1;
}
