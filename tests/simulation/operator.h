// operator - which tables the program is asked for, and the patterns that ask for them.
#ifndef PGK_SIMULATION_OPERATOR_H
#define PGK_SIMULATION_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

struct selection;

bool operator_selects(size_t table);

// Fills the empty selection with patterns that say the same of the history's tables.
void operator_ask(struct selection *selection);

#endif
