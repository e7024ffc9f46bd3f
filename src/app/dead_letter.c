#include "app/dead_letter.h"

#include "base/json_write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_BYTES_MAX = 64 << 10
};

#define OWNER(drain, member)                                                                       \
    ((struct dead_letter *)((char *)(drain)-offsetof(struct dead_letter, member)))

// A record's data is a JSON text without control characters, so only two bytes need escaping, and
// it may be cut anywhere: even inside of a UTF-8 character.
static void escape(struct buf_drain *drain, struct str bytes)
{
    struct buf *line = &OWNER(drain, escape)->line;
    size_t plain = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] != '"' && bytes.ptr[i] != '\\')
            continue;
        buf_add(line, (struct str){.ptr = bytes.ptr + plain, .len = i - plain});
        buf_add_byte(line, '\\');
        plain = i;
    }
    buf_add(line, str_after(bytes, plain));
}

static void write_all(struct buf_drain *drain, struct str bytes)
{
    struct dead_letter *letters = OWNER(drain, write);
    while (bytes.len > 0 && letters->error == 0) {
        ssize_t len = write(letters->fd, bytes.ptr, bytes.len);
        if (len >= 0)
            bytes = str_after(bytes, (size_t)len);
        else if (errno != EINTR)
            letters->error = errno;
    }
}

static bool fail(const struct dead_letter *letters, const char *attempt, struct err *err)
{
    err_set(err, ERR_OPERATOR, "cannot %s dead-letter file %s: %s", attempt,
        err_quote(str_from_c(letters->path)).text, strerror(errno));
    return err_hint(err, "name a file in --dead-letter that can be written");
}

// A new file is there after a crash only when its folder is on the disk, too.
static bool sync_folder(const struct dead_letter *letters)
{
    char *path = strdup(letters->path);
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    free(path);
    return ok;
}

static bool end_cut_line(struct dead_letter *letters, off_t bytes)
{
    char last = '\n';
    if (bytes > 0 && pread(letters->fd, &last, 1, bytes - 1) != 1)
        return false;
    return last == '\n' || write(letters->fd, "\n", 1) == 1;
}

static bool open_file(struct dead_letter *letters, struct err *err)
{
    // Rows are nobody else's business.
    letters->fd = open(letters->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (letters->fd < 0)
        return fail(letters, "open", err);
    struct stat stat;
    if (fstat(letters->fd, &stat) != 0)
        return fail(letters, "look at", err);
    if (!S_ISREG(stat.st_mode)) {
        err_set(err, ERR_OPERATOR, "dead-letter file %s is no regular file",
            err_quote(str_from_c(letters->path)).text);
        return err_hint(err, "what is written there must outlive a crash");
    }
    return (end_cut_line(letters, stat.st_size) && sync_folder(letters)) ||
           fail(letters, "write to", err);
}

bool dead_letter_open(
    struct dead_letter *letters, const char *path, const char *stream, struct err *err)
{
    *letters = (struct dead_letter){
        .escape.take = escape, .write.take = write_all, .path = path, .stream = stream, .fd = -1};
    buf_init_draining(&letters->data, PIECE_BYTES_MAX, &letters->escape);
    buf_init_draining(&letters->line, PIECE_BYTES_MAX, &letters->write);
    if (open_file(letters, err))
        return true;
    dead_letter_close(letters);
    return false;
}

void dead_letter_close(struct dead_letter *letters)
{
    if (letters->fd >= 0)
        close(letters->fd);
    letters->fd = -1;
    buf_release(&letters->data);
    buf_release(&letters->line);
}

static void begin_member(struct buf *line, struct str name)
{
    buf_add(line, STR(",\""));
    buf_add(line, name);
    buf_add(line, STR("\":\""));
}

struct buf *dead_letter_begin(struct dead_letter *letters, const struct letter *letter)
{
    struct buf *line = &letters->line;
    letters->unsynced = true;
    buf_printf(line, "{\"reason\":\"%s\"", letter->reason);
    if (*letters->stream) {
        begin_member(line, STR("stream"));
        json_write_text(line, str_from_c(letters->stream));
        buf_add_byte(line, '"');
    }
    begin_member(line, STR("partition_key"));
    json_write_text(line, letter->partition_key);
    buf_add_byte(line, '"');
    begin_member(line, STR("lsn"));
    lsn_add(line, letter->lsn);
    buf_add_byte(line, '"');
    begin_member(line, STR("data"));
    return &letters->data;
}

bool dead_letter_end(struct dead_letter *letters, struct err *err)
{
    buf_flush(&letters->data);
    buf_add(&letters->line, STR("\"}\n"));
    buf_flush(&letters->line);
    assert(buf_ok(&letters->data) && buf_ok(&letters->line));
    errno = letters->error;
    return letters->error == 0 || fail(letters, "write to", err);
}

bool dead_letter_sync(struct dead_letter *letters, struct err *err)
{
    if (letters->unsynced && fdatasync(letters->fd) != 0)
        return fail(letters, "write to", err);
    letters->unsynced = false;
    return true;
}
