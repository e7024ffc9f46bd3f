// simulation - the program between a simulated PostgreSQL and a simulated Kinesis, by seeds.
//
//   simulation [--seeds COUNT] [--from SEED] [--as-it-is]
//       plays seeds; shrinks the first that breaks a promise, or leaves it as it is
//   simulation --seed SEED [--trace] [--transactions N] [--tables N] [--changes N] [--long N]
//              [--without MISFORTUNE,...]
//       plays one, or a part of it
//
// A seed draws the output plugin, too, unless --plugin NAME says which.
#include "base/buf.h"
#include "play.h"
#include "postgres/plugin.h"
#include "scenario.h"
#include "shrink.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

struct choice {
    struct scenario scenario;
    uint64_t from;
    uint64_t count;
    enum plugin plugin; // AUTO: as the seed draws it.
    bool one;
    bool trace;
    bool as_it_is;
};

static void fail(const char *what)
{
    fprintf(stderr, "simulation: %s\n", what);
    exit(2);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    if (!str_to_u64(str_from_c(text), 0, UINT64_MAX / 2, &value))
        fail("a number is no number");
    return value;
}

static void take_away(struct scenario *scenario, const char *list)
{
    struct str rest = str_from_c(list);
    while (rest.len > 0) {
        enum misfortune misfortune = misfortune_named(str_cut(&rest, ','));
        if (misfortune == MISFORTUNE_COUNT)
            fail("no such misfortune");
        scenario->misfortunes &= ~(1U << misfortune);
    }
}

static enum plugin plugin_named(const char *name)
{
    enum plugin plugin = plugin_of_name(str_from_c(name));
    if (plugin == PLUGIN_AUTO)
        fail("no such plugin");
    return plugin;
}

static struct choice read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"seeds", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'},
        {"trace", no_argument, NULL, 'v'},
        {"as-it-is", no_argument, NULL, 'a'},
        {"transactions", required_argument, NULL, 't'},
        {"tables", required_argument, NULL, 'b'},
        {"changes", required_argument, NULL, 'c'},
        {"long", required_argument, NULL, 'l'},
        {"without", required_argument, NULL, 'w'},
        {"plugin", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    struct choice choice = {.from = 1, .count = 200};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            choice.one = true;
            choice.scenario = scenario_of(number(optarg));
            break;
        case 'n':
            choice.count = number(optarg);
            break;
        case 'f':
            choice.from = number(optarg);
            break;
        case 'v':
            choice.trace = true;
            break;
        case 'a':
            choice.as_it_is = true;
            break;
        case 't':
            choice.scenario.transactions = (unsigned)number(optarg);
            break;
        case 'b':
            choice.scenario.tables = (unsigned)number(optarg);
            break;
        case 'c':
            choice.scenario.changes_max = (unsigned)number(optarg);
            break;
        case 'l':
            choice.scenario.long_changes = (unsigned)number(optarg);
            break;
        case 'w':
            take_away(&choice.scenario, optarg);
            break;
        case 'p':
            choice.plugin = plugin_named(optarg);
            break;
        default:
            exit(2);
        }
    }
    return choice;
}

int main(int argc, char **argv)
{
    struct choice choice = read_options(argc, argv);
    setenv("TZ", "UTC", 1);
    if (choice.one) {
        if (choice.plugin != PLUGIN_AUTO)
            choice.scenario.plugin = choice.plugin;
        play(&choice.scenario, choice.trace);
        printf("seed %llu keeps every promise\n", (unsigned long long)choice.scenario.seed);
        return 0;
    }
    struct failure failure = {.plugin = choice.plugin};
    if (!play_range(choice.from, choice.count, &failure)) {
        printf("%llu seeds from %llu on keep every promise\n", (unsigned long long)choice.count,
            (unsigned long long)choice.from);
        return 0;
    }
    if (!choice.as_it_is)
        shrink(&failure);
    return 1;
}
