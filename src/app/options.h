// options - the command line and the environment, from one table.
//
// The table is the truth about options: parsing, --help and the check of the manual page read it.
// Every spelling that Go's flag package took works: -stream x, --stream=x, -create=true.
#ifndef PGK_APP_OPTIONS_H
#define PGK_APP_OPTIONS_H

#include "base/err.h"

struct buf;
struct config;

// ERR_USAGE when the command line is wrong. Arguments that may hold a password are overwritten in
// argv once they are read, so that nobody reads them in the list of processes.
MUST_CHECK bool options_read(int argc, char **argv, struct config *config, struct err *err);

void options_write_help(struct buf *help);

#endif
