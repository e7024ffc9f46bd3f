// signals - SIGTERM and SIGINT as a descriptor to sleep on.
//
// The first asks the program to leave in good order. The second, while it does, ends the process at
// once: nothing is lost, since nothing unconfirmed was forgotten. SIGPIPE is ignored.
#ifndef PGK_APP_SIGNALS_H
#define PGK_APP_SIGNALS_H

#include <stdbool.h>

// Once, before anything sleeps.
void signals_open(void);

// Readable from the first signal on.
int signals_fd(void);

bool signals_ask_to_leave(void);

#endif
