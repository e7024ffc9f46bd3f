#include "sim/refusal.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(struct refusal *refusal, const char *type, const char *format, ...)
{
    refusal->status = 400;
    refusal->type = type;
    va_list args;
    va_start(args, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, args);
    va_end(args);
    return false;
}

bool refuse_internally(struct refusal *refusal)
{
    refuse(refusal, "InternalFailure", "Internal service failure.");
    refusal->status = 500;
    return false;
}
