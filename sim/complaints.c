#include "sim/complaints.h"

#include "sim/refusal.h"
#include "sim/streams.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    COMPLAINTS_MAX = 10,
};

void complaints_init(struct complaints *complaints)
{
    complaints->count = 0;
    complaints->len = 0;
    complaints->text[0] = 0;
}

void complain(struct complaints *complaints, const char *format, ...)
{
    if (complaints->count == COMPLAINTS_MAX)
        return;
    char *end = complaints->text + complaints->len;
    size_t left = sizeof complaints->text - complaints->len;
    int separator = snprintf(end, left, "%s", complaints->count > 0 ? "; " : "");
    complaints->count++;
    if ((size_t)separator >= left)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(end + separator, left - (size_t)separator, format, args);
    va_end(args);
    complaints->len = str_from_c(complaints->text).len;
}

void require_text(struct complaints *complaints, struct text_parameter text, const char *name)
{
    if (!text.given)
        complain(complaints,
            "Value null at '%s' failed to satisfy constraint: Member must not be null", name);
}

void check_stream_name(struct complaints *complaints, struct text_parameter name)
{
    if (!name.given || stream_name_is_valid(name.text))
        return;
    const char *constraint = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
    if (name.text.len == 0)
        constraint = "Member must have length greater than or equal to 1";
    else if (name.text.len > STREAM_NAME_BYTES_MAX)
        constraint = "Member must have length less than or equal to 128";
    complain(complaints, "Value '" STR_FMT "' at 'streamName' failed to satisfy constraint: %s",
        STR_ARG(name.text), constraint);
}

void check_range(
    struct complaints *complaints, struct number_parameter number, const char *name, int64_t most)
{
    if (number.given && number.value < 1)
        complain(complaints,
            "Value '%" PRId64 "' at '%s' failed to satisfy constraint: Member must have value "
            "greater than or equal to 1",
            number.value, name);
    if (number.given && number.value > most)
        complain(complaints,
            "Value '%" PRId64 "' at '%s' failed to satisfy constraint: Member must have value "
            "less than or equal to %" PRId64,
            number.value, name, most);
}

bool complaints_settle(const struct complaints *complaints, struct refusal *refusal)
{
    if (complaints->count == 0)
        return true;
    return refuse(refusal, "ValidationException", "%u validation error%s detected: %s",
        complaints->count, complaints->count > 1 ? "s" : "", complaints->text);
}
