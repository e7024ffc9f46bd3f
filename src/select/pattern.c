#include "select/pattern.h"

#include "base/buf.h"
#include "model/selection.h"

#include <string.h>

enum {
    PARTS_MAX = 3,
    REGEX_BYTES_MAX = 2 * PATTERN_BYTES_MAX + 8 // A character becomes two bytes at most.
};

// The pattern's parts so far, the last of which grows.
struct parts {
    struct buf regexes[PARTS_MAX];
    size_t count;
    struct buf literal; // The first part as a name, for it may be that of a database.
};

static void begin_part(struct parts *parts)
{
    struct buf *regex = &parts->regexes[parts->count++];
    buf_init(regex, REGEX_BYTES_MAX);
    buf_add(regex, STR("^("));
}

static void parts_release(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        buf_release(&parts->regexes[i]);
    buf_release(&parts->literal);
}

// A character's meaning as a regular expression, and the name's character that it stands for.
static void add(struct parts *parts, struct str regex, char literal)
{
    buf_add(&parts->regexes[parts->count - 1], regex);
    if (parts->count == 1)
        buf_add_byte(&parts->literal, literal);
}

// Bytes of characters beyond ASCII pass as they are: none of them means anything here.
static void add_itself(struct parts *parts, char c)
{
    const char escaped[] = {'\\', c};
    bool is_special = strchr("|*+?()[]{}.^$\\", c);
    add(parts, (struct str){.ptr = escaped + !is_special, .len = 1 + (size_t)is_special}, c);
}

static void add_unquoted(struct parts *parts, char c, char next)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == '*')
        add(parts, STR(".*"), c);
    else if (c == '?')
        add(parts, STR("."), c);
    else if (c == '$' || (c == '[' && next == ']'))
        add_itself(parts, c);
    else
        add(parts, (struct str){.ptr = &c, .len = 1}, c);
}

static bool scan(struct parts *parts, struct str text, struct err *err)
{
    bool quoted = false;
    begin_part(parts);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : 0;
        if (c == '"' && quoted && next == '"') {
            add_itself(parts, c);
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (quoted) {
            add_itself(parts, c);
        } else if (c != '.') {
            add_unquoted(parts, c, next);
        } else if (parts->count == PARTS_MAX) {
            return err_set(err, ERR_USAGE, "too many dotted names");
        } else {
            begin_part(parts);
        }
    }
    return !quoted || err_set(err, ERR_USAGE, "a double quote is not closed");
}

// Ends a part and gives it away.
static char *take_part(struct parts *parts, size_t i)
{
    buf_add(&parts->regexes[i], STR(")$"));
    return strdup(buf_c(&parts->regexes[i]));
}

static bool read_parts(struct str text, struct table_pattern *pattern, struct err *err)
{
    struct parts parts = {.count = 0};
    buf_init(&parts.literal, PATTERN_BYTES_MAX);
    bool ok = scan(&parts, text, err);
    if (ok) {
        size_t count = parts.count;
        *pattern = (struct table_pattern){
            .text = strndup(text.ptr, text.len),
            .database = count == PARTS_MAX ? strdup(buf_c(&parts.literal)) : NULL,
            .schema = count > 1 ? take_part(&parts, count - 2) : NULL,
            .name = take_part(&parts, count - 1),
        };
    }
    parts_release(&parts);
    return ok;
}

bool pattern_read(struct str text, struct table_pattern *pattern, struct err *err)
{
    *pattern = (struct table_pattern){.text = NULL};
    if (text.len == 0)
        return err_set(err, ERR_USAGE, "a pattern is empty");
    if (text.len > PATTERN_BYTES_MAX)
        return err_set(err, ERR_USAGE, "a pattern is longer than %d bytes", PATTERN_BYTES_MAX);
    if (read_parts(text, pattern, err))
        return true;
    return err_wrap(err, "pattern %s", err_quote(text).text);
}

struct str pattern_cut(struct str *list, char separator)
{
    bool quoted = false;
    bool braced = false;
    size_t end = 0;
    for (; end < list->len; end++) {
        char c = list->ptr[end];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '}'))
            braced = c == '{';
        else if (c == separator && !quoted && !braced)
            break;
    }
    struct str pattern = {.ptr = list->ptr, .len = end};
    *list = str_after(*list, end < list->len ? end + 1 : end);
    return str_trim(pattern);
}
