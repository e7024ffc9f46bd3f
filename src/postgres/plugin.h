// plugin - the output plugins' names, and what each is told when a stream starts.
//
// https://www.postgresql.org/docs/current/protocol-logical-replication.html
#ifndef PGK_POSTGRES_PLUGIN_H
#define PGK_POSTGRES_PLUGIN_H

#include "base/str.h"
#include "model/plugin.h"

struct buf;

// Of one that is known; PLUGIN_AUTO has none.
const char *plugin_name(enum plugin plugin);

// PLUGIN_AUTO when we know none of that name.
enum plugin plugin_of_name(struct str name);

// Adds the option list of START_REPLICATION. `messages`: pgoutput is to tell logical decoding
// messages, which it does since 14; test_decoding always does.
void plugin_add_options(struct buf *command, enum plugin plugin,
    const struct publications *publications, bool messages);

#endif
