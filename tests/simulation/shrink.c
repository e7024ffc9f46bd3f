#include "shrink.h"

#include "play.h"
#include "postgres/plugin.h"

#include <stdio.h>

enum {
    TRIALS_MAX = 400
};

struct search {
    struct scenario best;
    int status;
    int trials;
};

static bool still_breaks(struct search *search, const struct scenario *smaller)
{
    if (search->trials++ >= TRIALS_MAX || play_apart(smaller, false) != search->status)
        return false;
    search->best = *smaller;
    return true;
}

static bool drop_misfortunes(struct search *search)
{
    bool dropped = false;
    for (int i = 0; i < MISFORTUNE_COUNT; i++) {
        struct scenario smaller = search->best;
        smaller.misfortunes &= ~(1U << i);
        if (smaller.misfortunes != search->best.misfortunes)
            dropped |= still_breaks(search, &smaller);
    }
    return dropped;
}

// Takes away half, then a quarter, down to one.
static bool reduce(struct search *search, unsigned *number)
{
    bool reduced = false;
    for (unsigned less = *number / 2; less > 0;) {
        struct scenario before = search->best;
        struct scenario smaller = search->best;
        unsigned *its = (unsigned *)((char *)&smaller + ((char *)number - (char *)&search->best));
        if (*its <= less) {
            less /= 2;
            continue;
        }
        *its -= less;
        if (still_breaks(search, &smaller))
            reduced = true;
        else
            less /= 2;
        (void)before;
    }
    return reduced;
}

static void tell(const struct search *search, const struct scenario *whole)
{
    const struct scenario *best = &search->best;
    printf("replay with: simulation --seed %llu --plugin %s", (unsigned long long)best->seed,
        plugin_name(best->plugin));
    if (best->transactions != whole->transactions)
        printf(" --transactions %u", best->transactions);
    if (best->tables != whole->tables)
        printf(" --tables %u", best->tables);
    if (best->changes_max != whole->changes_max)
        printf(" --changes %u", best->changes_max);
    if (best->long_changes != whole->long_changes)
        printf(" --long %u", best->long_changes);
    const char *between = " --without ";
    for (int i = 0; i < MISFORTUNE_COUNT; i++) {
        if (!(whole->misfortunes >> i & 1) || best->misfortunes >> i & 1)
            continue;
        printf("%s%s", between, misfortune_name((enum misfortune)i));
        between = ",";
    }
    printf(" --trace\n");
    fflush(stdout);
}

void shrink(const struct failure *failure)
{
    struct scenario whole = scenario_by(failure->seed, failure->plugin);
    struct search search = {.best = whole, .status = failure->status};
    printf("seed %llu breaks a promise; shrinking\n", (unsigned long long)failure->seed);
    bool smaller = true;
    while (smaller && search.trials < TRIALS_MAX) {
        smaller = drop_misfortunes(&search);
        smaller |= reduce(&search, &search.best.transactions);
        smaller |= reduce(&search, &search.best.tables);
        smaller |= reduce(&search, &search.best.changes_max);
        smaller |= reduce(&search, &search.best.long_changes);
    }
    play_apart(&search.best, true);
    tell(&search, &whole);
}
