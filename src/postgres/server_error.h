// server_error - what PostgreSQL's refusals mean for us.
#ifndef PGK_POSTGRES_SERVER_ERROR_H
#define PGK_POSTGRES_SERVER_ERROR_H

#include "base/err.h"
#include "base/str.h"

// By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); the text decides
// where one state means several things. Fills *err and returns false.
bool server_error(struct err *err, struct str sqlstate, struct str message);

// A connection that could not be made: libpq gives a text and no SQLSTATE.
bool server_error_connecting(struct err *err, struct str message);

#endif
