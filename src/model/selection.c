#include "model/selection.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

void table_pattern_release(struct table_pattern *pattern)
{
    free(pattern->text);
    free(pattern->database);
    free(pattern->schema);
    free(pattern->name);
    *pattern = (struct table_pattern){.text = NULL};
}

void selection_release(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        table_pattern_release(&selection->patterns[i]);
    free(selection->patterns);
    *selection = (struct selection){.patterns = NULL};
}

bool selection_add(struct selection *selection, struct table_pattern pattern, struct err *err)
{
    if (selection->count == SELECTION_PATTERNS_MAX) {
        table_pattern_release(&pattern);
        return err_set(err, ERR_USAGE, "more than %d patterns", SELECTION_PATTERNS_MAX);
    }
    size_t bytes = (selection->count + 1) * sizeof pattern;
    selection->patterns = alloc_resize(selection->patterns, bytes);
    selection->patterns[selection->count++] = pattern;
    return true;
}

static bool holds_kind_from(const struct selection *selection, size_t from, bool excludes)
{
    for (size_t i = from; i < selection->count; i++)
        if (selection->patterns[i].excludes == excludes)
            return true;
    return false;
}

void selection_override(struct selection *selection, size_t count)
{
    assert(count <= selection->count);
    bool overrides[] = {
        [false] = holds_kind_from(selection, count, false),
        [true] = holds_kind_from(selection, count, true),
    };
    size_t kept = 0;
    for (size_t i = 0; i < selection->count; i++) {
        struct table_pattern *pattern = &selection->patterns[i];
        if (i < count && overrides[pattern->excludes])
            table_pattern_release(pattern);
        else
            selection->patterns[kept++] = *pattern;
    }
    selection->count = kept;
}
