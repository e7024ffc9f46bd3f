#include "matching.h"

#include "world.h"

#include <regex.h>
#include <string.h>

enum {
    SCHEMAS,
    NAMES,
    EXCLUDES,
    ARRAYS // Nobody asks for children: there are none.
};

// Takes the next element of an array constant; false at its end. NULL, which no name is when it is
// not quoted, stays as it is.
static bool next_element(const char **at, char element[PARAMETER_BYTES])
{
    const char *from = *at + (**at == '{' || **at == ',');
    size_t len = 0;
    bool quoted = *from == '"';
    from += quoted;
    while (*from && (quoted ? *from != '"' : *from != ',' && *from != '}')) {
        from += *from == '\\';
        element[len++] = *from++;
    }
    element[len] = '\0';
    *at = from + quoted;
    return quoted || len > 0;
}

static bool matches(const char *expression, const char *text)
{
    regex_t regex;
    if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB) != 0)
        world_broken(INVARIANT_SIMULATION, "no regular expression: %s", expression);
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

bool matching_selects(const char arrays[][PARAMETER_BYTES], const char *name)
{
    const char *at[ARRAYS] = {arrays[SCHEMAS], arrays[NAMES], arrays[EXCLUDES]};
    char element[ARRAYS][PARAMETER_BYTES];
    bool any_includes = false;
    bool included = false;
    bool excluded = false;
    while (next_element(&at[SCHEMAS], element[SCHEMAS]) &&
           next_element(&at[NAMES], element[NAMES]) &&
           next_element(&at[EXCLUDES], element[EXCLUDES])) {
        bool excludes = strcmp(element[EXCLUDES], "t") == 0;
        bool is_it = matches(element[NAMES], name) &&
                     (strcmp(element[SCHEMAS], "NULL") == 0 || matches(element[SCHEMAS], "public"));
        any_includes |= !excludes;
        included |= is_it && !excludes;
        excluded |= is_it && excludes;
    }
    return (included || !any_includes) && !excluded;
}
