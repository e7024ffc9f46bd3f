// header - one of a request's, as it is signed and as it is sent.
#ifndef PGK_KINESIS_HEADER_H
#define PGK_KINESIS_HEADER_H

#include "base/str.h"

struct header {
    struct str name;
    struct str value;
};

#endif
