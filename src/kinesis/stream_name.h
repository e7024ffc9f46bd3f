// stream_name - the stream as the command line gives it: a name, or an ARN.
#ifndef PGK_KINESIS_STREAM_NAME_H
#define PGK_KINESIS_STREAM_NAME_H

#include "base/err.h"
#include "base/str.h"

struct stream_name {
    struct str text;   // The name or the ARN: what a request says.
    struct str name;   // The name, which is the ARN's last part.
    struct str region; // The ARN's; "" for a name.
    bool is_arn;
};

// ERR_USAGE when text is neither. The result borrows from text.
MUST_CHECK bool stream_name_parse(struct str text, struct stream_name *stream, struct err *err);

// Is this something a region can be called? It becomes part of a host name and of the signature.
bool region_is_valid(struct str region);

#endif
