#include "postgres/test_decoding_scan.h"

#include "base/buf.h"
#include "base/sixteen_bytes.h"

#include <assert.h>
#include <string.h>

struct scan scan_over(struct str line, struct buf *undone)
{
    assert(line.len <= undone->bytes_max && undone->len == 0);
    return (struct scan){.line = line, .rest = line, .undone = undone};
}

void scan_fail(struct scan *scan)
{
    if (scan->failed)
        return;
    scan->failed = true;
    scan->failed_at = scan->line.len - scan->rest.len;
    scan->rest = str_after(scan->rest, scan->rest.len);
}

bool scan_end(struct scan *scan)
{
    if (scan->rest.len > 0)
        scan_fail(scan);
    return !scan->failed;
}

static struct str take(struct scan *scan, size_t len)
{
    struct str taken = {.ptr = scan->rest.ptr, .len = len};
    scan->rest = str_after(scan->rest, len);
    return taken;
}

uint64_t scan_number(struct scan *scan, uint64_t min, uint64_t max)
{
    size_t len = 0;
    while (len < scan->rest.len && scan->rest.ptr[len] >= '0' && scan->rest.ptr[len] <= '9')
        len++;
    uint64_t number = 0;
    if (str_to_u64((struct str){.ptr = scan->rest.ptr, .len = len}, min, max, &number))
        take(scan, len);
    else
        scan_fail(scan);
    return number;
}

// The length of the quoted text that `text` begins with, quotes included: it ends at a quote that
// is not followed by another one. 0 when it does not end.
static size_t quoted_length(struct str text)
{
    char quote = text.ptr[0];
    size_t at = 1;
    for (;;) {
        const char *found = memchr(text.ptr + at, quote, text.len - at);
        if (!found)
            return 0;
        at = (size_t)(found - text.ptr) + 1;
        if (at == text.len || text.ptr[at] != quote)
            return at;
        at++;
    }
}

// Writes the text between the quotes with doubled ones made single.
static struct str undo(struct scan *scan, struct str inner, char quote)
{
    // All that is undone of a line is no longer than the line. Room for it is made at once, so that
    // the buffer does not move under the texts already in it.
    char *room = buf_room(scan->undone, scan->line.len);
    assert(room && inner.len <= scan->line.len - scan->undone_bytes);

    char *const start = room + scan->undone_bytes;
    char *end = start;
    while (inner.len > 0) {
        const char *found = memchr(inner.ptr, quote, inner.len);
        size_t len = found ? (size_t)(found - inner.ptr) + 1 : inner.len;
        memcpy(end, inner.ptr, len);
        end += len;
        inner = str_after(inner, found ? len + 1 : len);
    }
    scan->undone_bytes += (size_t)(end - start);
    return (struct str){.ptr = start, .len = (size_t)(end - start)};
}

static bool is_identifier_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// A name as it stands, quotes and all.
static struct str scan_identifier(struct scan *scan)
{
    struct str rest = scan->rest;
    size_t len = 0;
    if (rest.len > 0 && rest.ptr[0] == '"')
        len = quoted_length(rest);
    else
        while (len < rest.len && is_identifier_byte(rest.ptr[len]))
            len++;
    if (len == 0)
        scan_fail(scan);
    return take(scan, len);
}

// The name that an identifier stands for.
static struct str unquoted(struct scan *scan, struct str identifier)
{
    if (identifier.len < 2 || identifier.ptr[0] != '"')
        return identifier;
    struct str inner = {.ptr = identifier.ptr + 1, .len = identifier.len - 2};
    return memchr(inner.ptr, '"', inner.len) ? undo(scan, inner, '"') : inner;
}

struct qualified_name scan_qualified_name(struct scan *scan)
{
    const char *start = scan->rest.ptr;
    struct str schema = scan_identifier(scan);
    scan_expect(scan, STR("."));
    struct str name = scan_identifier(scan);
    if (scan->failed)
        return (struct qualified_name){STR(""), STR(""), STR("")};
    return (struct qualified_name){
        .schema = unquoted(scan, schema),
        .name = unquoted(scan, name),
        .quoted = {.ptr = start, .len = (size_t)(scan->rest.ptr - start)},
    };
}

bool scan_take_table(struct scan *scan, struct str quoted)
{
    const struct str rest = scan->rest;
    const bool comes = sixteen_starts_with(rest, quoted) &&
                       str_starts_with(str_after(rest, quoted.len), STR(": "));
    if (comes)
        take(scan, quoted.len);
    return comes;
}

// "[integer]:", "[numeric[]]:", "["My Sch"."Wei]rd"[]]:". The type ends at the bracket that was
// opened first; brackets between double quotes are part of a name. A doubled quote closes and opens
// again, so it needs no care.
static struct str scan_type(struct scan *scan)
{
    scan_expect(scan, STR("["));
    struct str rest = scan->rest;
    size_t depth = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.ptr[i];
        if (c == '"')
            is_quoted = !is_quoted;
        if (is_quoted)
            continue;
        if (c == '[')
            depth++;
        if (c != ']')
            continue;
        if (depth == 0) {
            struct str type = take(scan, i);
            scan_expect(scan, STR("]:"));
            return type;
        }
        depth--;
    }
    scan_fail(scan);
    return STR("");
}

static struct datum text_datum(struct str text, bool quoted)
{
    return (struct datum){.kind = DATUM_TEXT, .quoted = quoted, .text = text};
}

// null, unchanged-toast-datum, true, 1.5e10, NaN: up to the blank before the next column.
static bool take_bare(struct str *rest, struct datum *value)
{
    const char *blank = memchr(rest->ptr, ' ', rest->len);
    const size_t len = blank ? (size_t)(blank - rest->ptr) : rest->len;
    const struct str text = {.ptr = rest->ptr, .len = len};
    if (str_equal(text, STR("null")))
        *value = (struct datum){.kind = DATUM_NULL};
    else if (str_equal(text, STR("unchanged-toast-datum")))
        *value = (struct datum){.kind = DATUM_UNCHANGED};
    else
        *value = text_datum(text, false);
    *rest = str_after(*rest, len);
    return len > 0;
}

static bool take_quoted(struct str *rest, struct datum *value)
{
    const struct str behind = str_after(*rest, 1);
    const char *quote = memchr(behind.ptr, '\'', behind.len);
    if (!quote)
        return false;
    const size_t len = (size_t)(quote - behind.ptr);
    const struct str after = str_after(behind, len + 1);
    if (str_starts_with(after, STR("'")))
        return false;
    *value = text_datum((struct str){.ptr = behind.ptr, .len = len}, true);
    *rest = after;
    return true;
}

// Takes a value that stands in the line as it is. False when it does not, because it is none or a
// quote in it is doubled: what is taken then is no more than the B of a bit string.
static bool take_plain_value(struct str *rest, struct datum *value)
{
    if (str_starts_with(*rest, STR("B'")))
        *rest = str_after(*rest, 1);
    return str_starts_with(*rest, STR("'")) ? take_quoted(rest, value) : take_bare(rest, value);
}

// Seldom, so it is not compiled into its caller, which every value passes.
__attribute__((noinline)) static void scan_doubled(struct scan *scan, struct datum *value)
{
    const size_t len = str_starts_with(scan->rest, STR("'")) ? quoted_length(scan->rest) : 0;
    if (len == 0) {
        scan_fail(scan);
        return;
    }
    const struct str inner = {.ptr = scan->rest.ptr + 1, .len = len - 2};
    take(scan, len);
    *value = text_datum(undo(scan, inner, '\''), true);
}

static void scan_value(struct scan *scan, struct datum *value)
{
    if (!take_plain_value(&scan->rest, value))
        scan_doubled(scan, value);
}

static struct column scan_column(struct scan *scan)
{
    scan_expect(scan, STR(" "));
    struct column column = {.quoted = scan_identifier(scan)};
    column.name = unquoted(scan, column.quoted);
    column.type = scan_type(scan);
    return column;
}

void scan_tuple(struct scan *scan, struct tuple *tuple)
{
    tuple->count = 0;
    // A column of that name is in quotes, for the hyphen.
    while (scan->rest.len > 0 && !str_starts_with(scan->rest, STR(" new-tuple:"))) {
        const size_t at = tuple->count;
        if (at == RELATION_COLUMNS_MAX) {
            scan_fail(scan);
            return;
        }
        tuple->columns[at] = scan_column(scan);
        scan_value(scan, &tuple->values[at]);
        tuple->count++;
    }
}

// To compare " id[integer]:" is to read it: a name and a type that were read once end where they
// ended then. Nearly every value passes here, so all that is called is compiled into it.
__attribute__((flatten)) size_t scan_known_row(
    struct scan *scan, const struct relation *known, struct datum *row)
{
    size_t shown = 0;
    for (size_t i = 0; i < known->column_count; i++) {
        const struct str next = known->columns[i].shown;
        if (sixteen_starts_with(scan->rest, next)) {
            take(scan, next.len);
            scan_value(scan, &row[i]);
            shown++;
        } else {
            row[i] = (struct datum){.kind = DATUM_ABSENT};
        }
    }
    return shown;
}
