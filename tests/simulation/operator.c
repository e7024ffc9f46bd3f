#include "operator.h"

#include "history.h"
#include "model/selection.h"
#include "select/pattern.h"
#include "world.h"

static bool has_odd_name(size_t table)
{
    return table % 3 == 2;
}

bool operator_selects(size_t table)
{
    switch (world.scenario.asking) {
    case ASKING_FOR_ALL:
        break;
    case ASKING_FOR_SOME:
    case ASKING_FOR_OTHERS:
        return world.scenario.asked_for >> table & 1;
    case ASKING_FOR_PLAIN:
    case ASKING_FOR_NO_ODD:
        return !has_odd_name(table);
    }
    return true;
}

static void ask(struct selection *selection, const char *text, bool excludes)
{
    struct table_pattern pattern;
    struct err err;
    if (!pattern_read(str_from_c(text), &pattern, &err))
        world_broken(INVARIANT_SIMULATION, "%s", err.text);
    pattern.excludes = excludes;
    if (!selection_add(selection, pattern, &err))
        world_broken(INVARIANT_SIMULATION, "%s", err.text);
}

static void ask_for_each(struct selection *selection, bool excludes)
{
    for (size_t i = 0; i < history.table_count; i++)
        if (operator_selects(i) != excludes)
            ask(selection, history.tables[i].quoted, excludes);
}

void operator_ask(struct selection *selection)
{
    switch (world.scenario.asking) {
    case ASKING_FOR_ALL:
        break;
    case ASKING_FOR_SOME:
        ask_for_each(selection, false);
        break;
    case ASKING_FOR_OTHERS:
        ask_for_each(selection, true);
        break;
    case ASKING_FOR_PLAIN:
        ask(selection, "T?", false); // Folded to lower case.
        break;
    case ASKING_FOR_NO_ODD:
        ask(selection, "*.*", false);
        ask(selection, "public.\"Odd\"*", true);
        break;
    }
}
