#include "cmocka_prelude.h"

#include "app/stdout_sink.h"
#include "model/batch.h"
#include "model/record.h"
#include "model/sink.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BIG_BYTES = 1 << 20 // More than a pipe holds.
};

static struct batch *batch_of(struct str first, struct str second)
{
    struct batch *batch = calloc(1, sizeof *batch);
    batch->records[batch->count++] = record_new(STR("key"), first);
    batch->records[batch->count++] = record_new(STR("key"), second);
    return batch;
}

// What became of both records, and of the request.
static void assert_outcome(struct batch *batch, enum outcome outcome, enum err_kind kind)
{
    assert_non_null(batch);
    assert_int_equal(batch->outcomes[0], outcome);
    assert_int_equal(batch->outcomes[1], outcome);
    assert_int_equal(batch->err.kind, kind);
    batch_free(batch);
}

static void wait_once(struct sink *sink)
{
    struct wait_fd nothing = {.fd = -1};
    sink->wait(sink, &nothing, 1, -1);
}

static void a_record_is_a_line(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);

    assert_true(sink->has_room(sink));
    assert_null(sink->next_done(sink));
    sink->submit(sink, batch_of(STR("{\"a\":1}"), STR("{\"b\":2}")));
    assert_false(sink->has_room(sink));

    assert_outcome(sink->next_done(sink), OUTCOME_STORED, ERR_NONE);
    assert_true(sink->has_room(sink));
    char text[64] = "";
    assert_int_equal(read(fds[0], text, sizeof text - 1), 16);
    assert_string_equal(text, "{\"a\":1}\n{\"b\":2}\n");
    sink->free(sink);
    close(fds[0]);
    close(fds[1]);
}

static void a_slow_reader_is_waited_for(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);
    char *big = malloc(BIG_BYTES);
    memset(big, 'x', BIG_BYTES);

    sink->submit(sink, batch_of((struct str){big, BIG_BYTES}, STR("end")));
    size_t total = 0;
    struct batch *done = NULL;
    while (!(done = sink->next_done(sink))) {
        ssize_t len = read(fds[0], big, BIG_BYTES);
        assert_true(len > 0);
        total += (size_t)len;
        wait_once(sink);
    }
    assert_outcome(done, OUTCOME_STORED, ERR_NONE);
    close(fds[1]);
    for (ssize_t len = 0; (len = read(fds[0], big, BIG_BYTES)) > 0;)
        total += (size_t)len;

    assert_int_equal(total, BIG_BYTES + strlen("\nend\n"));
    sink->free(sink);
    free(big);
    close(fds[0]);
}

static void a_reader_that_is_gone_is_for_the_operator(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);
    close(fds[0]);

    sink->submit(sink, batch_of(STR("a"), STR("b")));

    assert_outcome(sink->next_done(sink), OUTCOME_FAILED, ERR_OPERATOR);
    assert_true(sink->refuses_for_good);
    sink->free(sink);
    close(fds[1]);
}

static void a_reader_that_leaves_in_the_middle_is_noticed_by_waiting(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);
    char *big = calloc(1, BIG_BYTES);
    sink->submit(sink, batch_of((struct str){big, BIG_BYTES}, STR("end")));
    assert_null(sink->next_done(sink));

    close(fds[0]);
    wait_once(sink);

    assert_outcome(sink->next_done(sink), OUTCOME_FAILED, ERR_OPERATOR);
    sink->free(sink);
    free(big);
    close(fds[1]);
}

static void a_regular_file_is_written_to_its_end(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    struct sink *sink = stdout_sink_new(fileno(file));
    for (int i = 0; i < 3; i++) {
        sink->submit(sink, batch_of(STR("a"), STR("b")));
        assert_outcome(sink->next_done(sink), OUTCOME_STORED, ERR_NONE);
    }
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 12);
    sink->free(sink);
    fclose(file);
}

static void half_a_line_of_a_run_before_ends_before_ours_begin(void **state)
{
    (void)state;
    char path[] = "/tmp/test_stdout_sink_XXXXXX";
    int reading_fd = mkstemp(path);
    assert_true(reading_fd >= 0);
    assert_int_equal(write(reading_fd, "{\"a", 3), 3);
    int fd = open(path, O_WRONLY | O_APPEND); // As a shell opens it for >>.
    struct sink *sink = stdout_sink_new(fd);
    for (int i = 0; i < 2; i++) {
        sink->submit(sink, batch_of(STR("a"), STR("b")));
        assert_outcome(sink->next_done(sink), OUTCOME_STORED, ERR_NONE);
    }
    sink->free(sink);

    char text[32] = "";
    assert_true(pread(reading_fd, text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "{\"a\na\nb\na\nb\n");
    close(fd);
    close(reading_fd);
    unlink(path);
}

static void a_full_disk_is_for_the_operator(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    struct sink *sink = stdout_sink_new(fd);
    sink->submit(sink, batch_of(STR("a"), STR("b")));
    assert_outcome(sink->next_done(sink), OUTCOME_FAILED, ERR_OPERATOR);
    sink->free(sink);
    close(fd);
}

// The descriptor may be a terminal that a shell goes on using.
static void the_descriptor_is_left_as_it_was(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);
    assert_true(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
    sink->free(sink);
    assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
    close(fds[0]);
    close(fds[1]);
}

static void a_batch_that_is_still_out_is_freed_with_the_sink(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct sink *sink = stdout_sink_new(fds[1]);
    sink->submit(sink, batch_of(STR("a"), STR("b")));
    sink->free(sink);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); // As the program does.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_a_line),
        cmocka_unit_test(a_slow_reader_is_waited_for),
        cmocka_unit_test(a_reader_that_is_gone_is_for_the_operator),
        cmocka_unit_test(a_reader_that_leaves_in_the_middle_is_noticed_by_waiting),
        cmocka_unit_test(a_regular_file_is_written_to_its_end),
        cmocka_unit_test(half_a_line_of_a_run_before_ends_before_ours_begin),
        cmocka_unit_test(a_full_disk_is_for_the_operator),
        cmocka_unit_test(the_descriptor_is_left_as_it_was),
        cmocka_unit_test(a_batch_that_is_still_out_is_freed_with_the_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
