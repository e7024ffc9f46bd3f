#include "kinesis/aws_files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    PATH_BYTES_MAX = 4095
};

enum line_kind {
    LINE_SECTION,
    LINE_VALUE,
    LINE_INVALID
};

struct line {
    enum line_kind kind;
    int number;
    struct str name; // Of the section or key.
    struct str value;
};

// Walks over the lines that say something. A line indented deeper than the value before it
// continues that value and is passed over.
struct reader {
    struct str rest;
    int number;
    size_t indent;
    bool after_value;
};

static struct line parse_section(struct str text)
{
    struct str rest = str_after(text, 1);
    struct str name = str_cut(&rest, ']');
    bool closed = name.len > 0 && name.len + 1 < text.len;
    return (struct line){.kind = closed ? LINE_SECTION : LINE_INVALID, .name = name};
}

static struct line parse_value(struct str text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '=' && text.ptr[at] != ':')
        at++;
    if (at == 0 || at == text.len)
        return (struct line){.kind = LINE_INVALID};
    return (struct line){
        .kind = LINE_VALUE,
        .name = str_trim((struct str){.ptr = text.ptr, .len = at}),
        .value = str_trim(str_after(text, at + 1)),
    };
}

static bool next_line(struct reader *reader, struct line *line)
{
    while (reader->rest.len > 0) {
        struct str whole = str_cut(&reader->rest, '\n');
        reader->number++;
        struct str text = str_trim(whole);
        if (text.len == 0 || text.ptr[0] == '#' || text.ptr[0] == ';')
            continue;
        size_t indent = (size_t)(text.ptr - whole.ptr);
        if (reader->after_value && indent > reader->indent)
            continue;
        *line = text.ptr[0] == '[' ? parse_section(text) : parse_value(text);
        line->number = reader->number;
        reader->indent = indent;
        reader->after_value = line->kind == LINE_VALUE;
        return true;
    }
    return false;
}

static bool same_key(struct str a, struct str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool find_section(const struct aws_file *file, struct str name,
    bool (*is_named)(struct str header, struct str name), struct str *section)
{
    struct reader reader = {.rest = buf_str(&file->text)};
    struct line line;
    while (next_line(&reader, &line)) {
        if (line.kind == LINE_SECTION && is_named(line.name, name)) {
            *section = reader.rest;
            return true;
        }
    }
    return false;
}

bool aws_file_section(const struct aws_file *file, struct str name, struct str *section)
{
    return find_section(file, name, str_equal, section);
}

static bool is_profile(struct str header, struct str name)
{
    if (str_equal(header, STR("default")))
        return str_equal(name, header);
    if (!str_starts_with(header, STR("profile ")) && !str_starts_with(header, STR("profile\t")))
        return false;
    struct str named = str_trim(str_after(header, strlen("profile ")));
    bool quoted = named.len >= 2 && (named.ptr[0] == '"' || named.ptr[0] == '\'') &&
                  named.ptr[named.len - 1] == named.ptr[0];
    if (quoted)
        named = (struct str){.ptr = named.ptr + 1, .len = named.len - 2};
    return str_equal(named, name);
}

bool aws_file_profile(const struct aws_file *file, struct str name, struct str *section)
{
    return find_section(file, name, is_profile, section);
}

struct str aws_section_value(struct str section, struct str key)
{
    struct reader reader = {.rest = section};
    struct line line;
    while (next_line(&reader, &line) && line.kind != LINE_SECTION) {
        if (same_key(line.name, key))
            return line.value;
    }
    return STR("");
}

// What a line says is never quoted: it may be a secret.
static bool file_check(struct aws_file *file, struct err *err)
{
    struct reader reader = {.rest = buf_str(&file->text)};
    struct line line;
    bool in_section = false;
    while (next_line(&reader, &line)) {
        in_section |= line.kind == LINE_SECTION;
        if (line.kind == LINE_INVALID || !in_section)
            return err_set(err, ERR_OPERATOR,
                "%s, line %d: neither a [section] nor a \"key = value\" inside of one",
                buf_c(&file->path), line.number);
    }
    return true;
}

static void set_path(struct aws_file *file, struct str path)
{
    buf_init(&file->path, PATH_BYTES_MAX);
    if (str_starts_with(path, STR("~/"))) {
        const char *home = getenv("HOME");
        const struct passwd *user = home ? NULL : getpwuid(getuid());
        buf_add(&file->path, str_from_c(user ? user->pw_dir : home));
        path = str_after(path, 1);
    }
    buf_add(&file->path, path);
}

static bool file_load(struct aws_file *file, struct err *err)
{
    int fd = open(buf_c(&file->path), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ||
               err_set(
                   err, ERR_OPERATOR, "cannot open %s: %s", buf_c(&file->path), strerror(errno));

    // All of the room at once: a buffer that moves leaves a copy of its secrets behind.
    char *room = buf_room(&file->text, AWS_FILE_BYTES_MAX);
    size_t len = 0;
    ssize_t got = 1;
    while (got > 0 && len < AWS_FILE_BYTES_MAX) {
        got = read(fd, room + len, AWS_FILE_BYTES_MAX - len);
        len += got > 0 ? (size_t)got : 0;
    }
    bool ok = got >= 0 ||
              err_set(err, ERR_OPERATOR, "cannot read %s: %s", buf_c(&file->path), strerror(errno));
    close(fd);
    buf_grow(&file->text, len);
    if (ok && len == AWS_FILE_BYTES_MAX)
        ok = err_set(err, ERR_OPERATOR, "%s is longer than %d bytes", buf_c(&file->path),
            AWS_FILE_BYTES_MAX - 1);
    return ok;
}

bool aws_file_read(struct aws_file *file, struct str path, struct err *err)
{
    set_path(file, path);
    buf_init(&file->text, AWS_FILE_BYTES_MAX);
    if (file_load(file, err) && file_check(file, err))
        return true;
    aws_file_release(file);
    return false;
}

void aws_file_release(struct aws_file *file)
{
    if (file->text.ptr)
        OPENSSL_cleanse(file->text.ptr, file->text.capacity);
    buf_release(&file->text);
    buf_release(&file->path);
}
