#include "model/plugin.h"

#include <string.h>

enum {
    NAME_BYTES_MAX = 63 // NAMEDATALEN less its terminator.
};

bool publications_add(struct publications *publications, struct str names, struct err *err)
{
    do {
        struct str name = str_cut(&names, '\n');
        if (name.len == 0 || name.len > NAME_BYTES_MAX)
            return err_set(
                err, ERR_USAGE, "\"%s\" is not a publication's name", err_quote(name).text);
        if (publications->count == PUBLICATIONS_MAX)
            return err_set(err, ERR_USAGE, "more than %d publications", PUBLICATIONS_MAX);
        publications->names[publications->count++] = name;
    } while (names.len > 0);
    return true;
}

void publications_override(struct publications *publications, size_t inherited)
{
    if (publications->count == inherited)
        return;
    publications->count -= inherited;
    memmove(publications->names, publications->names + inherited,
        publications->count * sizeof *publications->names);
}
