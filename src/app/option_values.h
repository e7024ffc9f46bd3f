// option_values - from the text of an option's argument to what it stands for in the config.
#ifndef PGK_APP_OPTION_VALUES_H
#define PGK_APP_OPTION_VALUES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

// ERR_USAGE when the text is no such value. Those that several options share write the config's
// field at the offset; the others know theirs. A switch that stands alone has the text "".
//
// Memory: texts are borrowed for as long as the config lives.
typedef bool option_reader(struct config *config, size_t offset, const char *text, struct err *err);

// At the offset.
option_reader option_read_word;   // const char *; not empty.
option_reader option_read_secret; // const char *; copied, since the argument is overwritten.
option_reader option_read_switch; // bool
option_reader option_read_bytes;  // size_t; 64MiB and the like.

// Which command it is; --version goes over --drop, and --help over both.
option_reader option_read_drop;
option_reader option_read_help;
option_reader option_read_version;

option_reader option_read_slot;
option_reader option_read_plugin;
option_reader option_read_endpos;
option_reader option_read_oversize;
option_reader option_read_refused;
option_reader option_read_wire;
option_reader option_read_order;
option_reader option_read_fields;
option_reader option_read_log_level;
option_reader option_read_lanes;
option_reader option_read_linger;

// These add to a list; several of them stand one a line, since the environment has no other way to
// say an option twice.
option_reader option_read_publication;
option_reader option_read_table;
option_reader option_read_table_and_children;
option_reader option_read_exclude_table;
option_reader option_read_tables; // With commas between them.

#endif
