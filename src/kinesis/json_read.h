// json_read - what we ask of a peer's JSON; jansson, kept in a few files.
#ifndef PGK_KINESIS_JSON_READ_H
#define PGK_KINESIS_JSON_READ_H

#include "base/str.h"

#include <jansson.h>

// The object that text is, NULL when it is something else; release with json_decref().
json_t *json_read_object(struct str text);

// A member that is a string, "" when there is none; borrowed from the object.
struct str json_member_string(const json_t *object, const char *name);

// A member that is an integer within bounds, otherwise the default.
struct json_bounds {
    int64_t least;
    int64_t most;
};
int64_t json_member_integer(
    const json_t *object, const char *name, struct json_bounds bounds, int64_t otherwise);

#endif
