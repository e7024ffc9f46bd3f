#include "scripted_server.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STEPS_MAX = 100
};

#define COPY_BOTH STR("W\0\0\0\x07\0\0\0")
#define COPY_DONE STR("c\0\0\0\x04")
#define WARNING   STR("N\0\0\0\x18VWARNING\0Mlook\nout\0\0")

// A host behind a firewall. What wakes us early must not make libpq wait in our place.
static void a_step_before_its_time_does_not_block(void **state)
{
    (void)state;
    struct server server = server_listening(0);
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    getsockname(server.listener, (struct sockaddr *)&address, &len);
    int crowd[4]; // Fills the queue of those who wait to be accepted.
    for (size_t i = 0; i < 4; i++) {
        crowd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(crowd[i], (struct sockaddr *)&address, len);
    }

    struct conn *conn = start(&server);
    struct err err;
    for (int i = 0; i < STEPS_MAX; i++)
        assert_int_equal(conn_connect_step(conn, 1, &err), STEP_BUSY);
    assert_int_equal(conn_connect_step(conn, 10001, &err), STEP_FAILED);
    assert_int_equal(err.kind, ERR_RETRY);

    end(conn, &server);
    for (size_t i = 0; i < 4; i++)
        close(crowd[i]);
}

static enum step result_step(struct conn *conn)
{
    struct rows *rows = NULL;
    struct err err;
    struct wait_fd fd = conn_wait_fd(conn);
    wait_poll(&fd, 1, BLOCKED_AFTER_S * 1000);
    enum step step = conn_result_step(conn, &rows, &err);
    rows_free(rows);
    return step;
}

static void an_answer_without_its_end_is_waited_for(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    assert_true(conn_send(conn, "SET a = b", &err));

    say(&server, COMMAND_COMPLETE);
    assert_int_equal(result_step(conn), STEP_BUSY);
    say(&server, READY_FOR_QUERY);
    assert_int_equal(result_step(conn), STEP_DONE);
    end(conn, &server);
}

static void an_answer_shorter_than_asked_for_reads_as_empty(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    struct rows *rows = NULL;
    assert_true(conn_send(conn, "IDENTIFY_SYSTEM", &err));

    say(&server, COMMAND_COMPLETE);
    say(&server, READY_FOR_QUERY);
    for (enum step step = STEP_BUSY; step == STEP_BUSY;)
        step = conn_result_step(conn, &rows, &err);

    assert_int_equal(rows_count(rows), 0);
    assert_int_equal(rows_value(rows, 0, 3).len, 0);
    assert_true(rows_is_null(rows, 0, 3));
    rows_free(rows);
    end(conn, &server);
}

static void a_server_that_dies_in_an_answer_is_an_error(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    assert_true(conn_send(conn, "SET a = b", &err));

    say(&server, COMMAND_COMPLETE);
    assert_int_equal(result_step(conn), STEP_BUSY);
    shutdown(server.fd, SHUT_RDWR);
    assert_int_equal(result_step(conn), STEP_FAILED);
    assert_true(conn_is_broken(conn));
    end(conn, &server);
}

static enum copy_state copy_next(struct conn *conn, struct err *err)
{
    struct str message;
    struct wait_fd fd = conn_wait_fd(conn);
    wait_poll(&fd, 1, QUIET_AFTER_MS);
    return conn_copy_next(conn, &message, err);
}

// Only we end a COPY of this kind.
static void a_copy_that_the_server_half_ends_is_no_endless_loop(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    assert_true(conn_send(conn, "START_REPLICATION", &err));
    say(&server, COPY_BOTH);
    assert_int_equal(result_step(conn), STEP_DONE);

    assert_int_equal(copy_next(conn, &err), COPY_WAIT);
    say(&server, COPY_DONE);
    assert_int_equal(copy_next(conn, &err), COPY_FAILED);
    assert_int_equal(err.kind, ERR_RETRY);
    end(conn, &server);
}

static void the_end_of_a_copy_is_waited_for(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    assert_true(conn_send(conn, "START_REPLICATION", &err));
    say(&server, COPY_BOTH);
    assert_int_equal(result_step(conn), STEP_DONE);
    assert_true(conn_copy_end(conn, &err));

    say(&server, COPY_DONE);
    assert_int_equal(copy_next(conn, &err), COPY_WAIT);
    say(&server, COMMAND_COMPLETE);
    assert_int_equal(copy_next(conn, &err), COPY_WAIT);
    say(&server, READY_FOR_QUERY);
    assert_int_equal(copy_next(conn, &err), COPY_ENDED);
    end(conn, &server);
}

static void a_servers_warning_is_one_line_of_the_log(void **state)
{
    (void)state;
    struct server server = server_listening(1);
    struct conn *conn = connected(&server);
    struct err err;
    assert_true(conn_send(conn, "SET a = b", &err));
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);

    say(&server, WARNING);
    enum step step = result_step(conn);

    dup2(before, STDERR_FILENO);
    close(before);
    char text[256] = "";
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_int_equal(step, STEP_BUSY);
    assert_non_null(strstr(text, "warning: the server says: look out\n"));
    end(conn, &server);
}

static void what_is_wrong_with_a_source_is_said_without_it(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "postgres://u:secret@h:port/d", "password=secret host", "postgres://u:secret@[h/d"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct err err;
        assert_null(conn_start(sources[i], CONN_SQL, &err));
        assert_null(strstr(err.text, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_before_its_time_does_not_block),
        cmocka_unit_test(an_answer_without_its_end_is_waited_for),
        cmocka_unit_test(an_answer_shorter_than_asked_for_reads_as_empty),
        cmocka_unit_test(a_server_that_dies_in_an_answer_is_an_error),
        cmocka_unit_test(a_copy_that_the_server_half_ends_is_no_endless_loop),
        cmocka_unit_test(the_end_of_a_copy_is_waited_for),
        cmocka_unit_test(a_servers_warning_is_one_line_of_the_log),
        cmocka_unit_test(what_is_wrong_with_a_source_is_said_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
