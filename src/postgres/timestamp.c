#include "postgres/timestamp.h"

#include <stdbool.h>
#include <time.h>

enum {
    SECOND_US = 1000000
};

// What is left of the text; like every reader here, once failed it stays so.
struct reader {
    struct str rest;
    bool failed;
};

static bool next_is(struct reader *reader, char c)
{
    if (reader->failed || reader->rest.len == 0 || reader->rest.ptr[0] != c)
        return false;
    reader->rest = str_after(reader->rest, 1);
    return true;
}

// Just so many digits, at most nine, and then, unless it is 0, the character.
static int number(struct reader *reader, size_t digits, char then)
{
    uint64_t value = 0;
    struct str text = {.ptr = reader->rest.ptr, .len = digits};
    if (reader->rest.len < digits || !str_to_u64(text, 0, 999999999, &value)) {
        reader->failed = true;
        return 0;
    }
    reader->rest = str_after(reader->rest, digits);
    if (then && !next_is(reader, then))
        reader->failed = true;
    return (int)value;
}

// ".186642": up to six digits, zeros at the end left out.
static int64_t fraction_us(struct reader *reader)
{
    int64_t us = 0;
    int64_t unit_us = SECOND_US;
    while (reader->rest.len > 0 && reader->rest.ptr[0] >= '0' && reader->rest.ptr[0] <= '9') {
        unit_us /= 10;
        us += (reader->rest.ptr[0] - '0') * unit_us;
        reader->rest = str_after(reader->rest, 1);
    }
    return us;
}

// "+00", "+05:30", "-00:01:15": how far local time is ahead of UTC.
static int64_t offset_seconds(struct reader *reader)
{
    bool is_behind = next_is(reader, '-');
    if (!is_behind && !next_is(reader, '+'))
        reader->failed = true;
    int64_t seconds = number(reader, 2, 0) * 3600;
    if (next_is(reader, ':'))
        seconds += number(reader, 2, 0) * 60;
    if (next_is(reader, ':'))
        seconds += number(reader, 2, 0);
    return is_behind ? -seconds : seconds;
}

int64_t timestamp_parse(struct str text)
{
    struct reader reader = {.rest = text};
    struct tm tm = {.tm_year = number(&reader, 4, '-') - 1900};
    tm.tm_mon = number(&reader, 2, '-') - 1;
    tm.tm_mday = number(&reader, 2, ' ');
    tm.tm_hour = number(&reader, 2, ':');
    tm.tm_min = number(&reader, 2, ':');
    tm.tm_sec = number(&reader, 2, 0);
    int64_t us = next_is(&reader, '.') ? fraction_us(&reader) : 0;
    int64_t offset = offset_seconds(&reader);
    if (reader.failed || reader.rest.len > 0)
        return 0;
    return ((int64_t)timegm(&tm) - offset) * SECOND_US + us;
}
