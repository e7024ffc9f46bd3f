#include "app/stdout_sink.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A batch's data and a line end a record, and one before them; one record alone may be larger than
// the goal.
enum {
    TEXT_BYTES_MAX = BATCH_BYTES_MAX + BATCH_RECORDS_MAX + 1
};

struct stdout_sink {
    struct sink base;
    int fd;
    int flags_before;
    bool is_file;
    bool in_line;        // What stands in the file before ours is half a line.
    struct batch *batch; // Being written, or written; NULL: room for one.
    struct buf text;
    size_t written;
    bool done;
};

static bool has_room(const struct sink *base)
{
    return !((const struct stdout_sink *)base)->batch;
}

static void finish(struct stdout_sink *sink, enum outcome outcome)
{
    batch_settle_all(sink->batch, outcome);
    sink->done = true;
}

static void fail(struct stdout_sink *sink)
{
    err_set(
        &sink->batch->err, ERR_OPERATOR, "cannot write to standard output: %s", strerror(errno));
    finish(sink, OUTCOME_FAILED);
}

static void write_on(struct stdout_sink *sink)
{
    while (sink->batch && !sink->done && sink->written < sink->text.len) {
        ssize_t len =
            write(sink->fd, sink->text.ptr + sink->written, sink->text.len - sink->written);
        if (len >= 0)
            sink->written += (size_t)len;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            fail(sink);
    }
    if (!sink->batch || sink->done)
        return;
    if (sink->is_file && fdatasync(sink->fd) != 0)
        fail(sink);
    else
        finish(sink, OUTCOME_STORED);
}

static void submit(struct sink *base, struct batch *batch)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    assert(!sink->batch && batch->count > 0);
    sink->batch = batch;
    sink->done = false;
    sink->written = 0;
    buf_clear(&sink->text);
    if (sink->in_line)
        buf_add_byte(&sink->text, '\n');
    sink->in_line = false;
    for (size_t i = 0; i < batch->count; i++) {
        buf_add(&sink->text, record_data(batch->records[i]));
        buf_add_byte(&sink->text, '\n');
    }
    assert(buf_ok(&sink->text));
    write_on(sink);
}

static struct batch *next_done(struct sink *base)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    if (!sink->done)
        return NULL;
    struct batch *batch = sink->batch;
    sink->batch = NULL;
    sink->done = false;
    return batch;
}

static size_t memory_bytes(const struct sink *base)
{
    const struct stdout_sink *sink = (const struct stdout_sink *)base;
    return sink->batch ? sink->text.capacity : 0;
}

static void wait_for(struct sink *base, struct wait_fd *fds, size_t count, int timeout_ms)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    assert(count < WAIT_FDS_MAX);
    struct wait_fd all[WAIT_FDS_MAX];
    memcpy(all, fds, count * sizeof *fds);
    bool writing = sink->batch && !sink->done;
    // Only while something is to be written: a reader that went away would wake us without end.
    all[count] = (struct wait_fd){.fd = writing ? sink->fd : -1, .write = true};
    wait_poll(all, count + 1, sink->done ? 0 : timeout_ms);
    memcpy(fds, all, count * sizeof *fds);
    write_on(sink);
}

static void free_sink(struct sink *base)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    // The descriptor may be a terminal that our parent goes on using.
    fcntl(sink->fd, F_SETFL, sink->flags_before);
    batch_free(sink->batch);
    buf_release(&sink->text);
    free(sink);
}

// A run that was killed or met a full disk may have left half a line in the file, which would take
// our first record for its other half.
static bool is_in_line(int fd, int flags)
{
    char path[32];
    char last = '\n';
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd); // It need not be open for reading.
    int reading_fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = lseek(fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
    bool is_read = reading_fd >= 0 && end > 0 && pread(reading_fd, &last, 1, end - 1) == 1;
    if (reading_fd >= 0)
        close(reading_fd);
    return is_read && last != '\n';
}

struct sink *stdout_sink_new(int fd)
{
    struct stdout_sink *sink = alloc_zeroed(1, sizeof *sink);
    sink->base = (struct sink){
        .refuses_for_good = true,
        .has_room = has_room,
        .submit = submit,
        .next_done = next_done,
        .memory_bytes = memory_bytes,
        .wait = wait_for,
        .free = free_sink,
    };
    struct stat stat;
    sink->fd = fd;
    sink->is_file = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    sink->flags_before = fcntl(fd, F_GETFL);
    sink->in_line = sink->is_file && is_in_line(fd, sink->flags_before);
    fcntl(fd, F_SETFL, sink->flags_before | O_NONBLOCK);
    buf_init(&sink->text, TEXT_BYTES_MAX);
    return &sink->base;
}
