#include "cmocka_prelude.h"

#include "model/relation.h"
#include "model/selection.h"
#include "postgres/catalog.h"
#include "scripted_server.h"

enum {
    XID = 741,
    STREAM_PID = 4711,
    TABLE_OID = 16384
};

// https://www.postgresql.org/docs/current/protocol-message-formats.html
#define MESSAGE_BIND  'B'
#define MESSAGE_QUERY 'Q'

static const struct selection everything;

// The first answer to a question about a table: it is there, selected, and has no key.
#define SET_AND_PREPARED                                                                           \
    STR("C\0\0\0\x08SET\0"                                                                         \
        "C\0\0\0\x0cPREPARE\0"                                                                     \
        "Z\0\0\0\x05I")
#define BOUND STR("2\0\0\0\x04")
#define COLUMN                                                                                     \
    "c\0"                                                                                          \
    "\0\0\0\0"                                                                                     \
    "\0\0"                                                                                         \
    "\0\0\0\x19"                                                                                   \
    "\xff\xff"                                                                                     \
    "\xff\xff\xff\xff"                                                                             \
    "\0\0"
#define SIX_COLUMNS                                                                                \
    STR("T\0\0\0\x7e"                                                                              \
        "\0\x06" COLUMN COLUMN COLUMN COLUMN COLUMN COLUMN)
#define NO_VALUE "\xff\xff\xff\xff"
#define ONE_ROW                                                                                    \
    STR("D\0\0\0\x26"                                                                              \
        "\0\x06"                                                                                   \
        "\0\0\0\x01t"                                                                              \
        "\0\0\0\x01"                                                                               \
        "f"                                                                                        \
        "\0\0\0\x05"                                                                               \
        "16384" NO_VALUE NO_VALUE "\0\0\0\x01t")

struct asking {
    struct server server;
    struct catalog *catalog;
    struct relation *relation;
    bool found;
};

static enum step key_step(struct asking *asking)
{
    struct err err;
    return catalog_key_step(asking->catalog, asking->relation, XID, 1, &asking->found, &err);
}

// What the server does reaches us when its socket can be read.
static void wait_for_the_server(const struct asking *asking)
{
    struct wait_fd fd = catalog_wait_fd(asking->catalog);
    wait_poll(&fd, 1, BLOCKED_AFTER_S * 1000);
}

// A question is under way.
static struct asking asking_about_a_table(void)
{
    struct asking asking = {.server = server_listening(1)};
    struct conn *sql = connected(&asking.server);
    asking.catalog = catalog_new(asking.server.source, &everything, sql, STREAM_PID);
    asking.relation = relation_new(&(struct relation){
        .oid = TABLE_OID,
        .schema = STR("public"),
        .name = STR("t"),
        .quoted = STR("public.t"),
    });
    assert_int_equal(key_step(&asking), STEP_BUSY);
    assert_int_equal(hear(&asking.server), MESSAGE_QUERY);
    say(&asking.server, SET_AND_PREPARED);
    wait_for_the_server(&asking);
    assert_int_equal(key_step(&asking), STEP_BUSY);
    assert_int_equal(hear(&asking.server), MESSAGE_BIND);
    return asking;
}

static void end_asking(struct asking *asking)
{
    alarm(0);
    catalog_free(asking->catalog);
    relation_free(asking->relation);
    close(asking->server.fd);
    close(asking->server.listener);
}

static void answer(const struct asking *asking)
{
    say(&asking->server, BOUND);
    say(&asking->server, SIX_COLUMNS);
    say(&asking->server, ONE_ROW);
    say(&asking->server, COMMAND_COMPLETE);
    say(&asking->server, READY_FOR_QUERY);
}

// To plan it takes the server far longer than to answer it.
static void the_next_question_is_prepared_already(void **state)
{
    (void)state;
    struct asking asking = asking_about_a_table();
    answer(&asking);
    while (key_step(&asking) == STEP_BUSY)
        wait_for_the_server(&asking);

    assert_int_equal(key_step(&asking), STEP_BUSY);

    assert_int_equal(hear(&asking.server), MESSAGE_BIND);
    end_asking(&asking);
}

static void who_waits_for_an_answer_is_not_cut_off(void **state)
{
    (void)state;
    struct asking asking = asking_about_a_table();

    assert_false(catalog_is_cut_off(asking.catalog));

    end_asking(&asking);
}

static void a_server_that_goes_under_a_question_cuts_off(void **state)
{
    (void)state;
    struct asking asking = asking_about_a_table();

    shutdown(asking.server.fd, SHUT_RDWR);
    wait_for_the_server(&asking);

    assert_true(catalog_is_cut_off(asking.catalog));
    end_asking(&asking);
}

// To look is to read: what is read must not be lost to the one who asked.
static void an_answer_is_taken_whoever_looked_in_between(void **state)
{
    (void)state;
    struct asking asking = asking_about_a_table();

    say(&asking.server, BOUND);
    say(&asking.server, SIX_COLUMNS);
    wait_for_the_server(&asking);
    assert_false(catalog_is_cut_off(asking.catalog));
    assert_int_equal(key_step(&asking), STEP_BUSY);
    say(&asking.server, ONE_ROW);
    say(&asking.server, COMMAND_COMPLETE);
    say(&asking.server, READY_FOR_QUERY);
    wait_for_the_server(&asking);
    assert_false(catalog_is_cut_off(asking.catalog));

    assert_int_equal(key_step(&asking), STEP_DONE);
    assert_true(asking.found);
    assert_int_equal(asking.relation->plan, PLAN_SEND);
    end_asking(&asking);
}

// Steps until nothing more is to be done before the server speaks.
static void step_on(struct asking *asking)
{
    struct wait_fd fd = {.fd = -1};
    while (fd.fd < 0 || fd.ready) {
        assert_int_equal(key_step(asking), STEP_BUSY);
        fd = catalog_wait_fd(asking->catalog);
        wait_poll(&fd, 1, QUIET_AFTER_MS);
    }
}

// What the catalog says first on a connection that was made anew.
static char said_first(struct asking *asking, const struct server *again)
{
    step_on(asking);
    hear(again);
    say(again, AUTHENTICATED);
    say(again, READY_FOR_QUERY);
    step_on(asking);
    hear(again);
    say(again, COMMAND_COMPLETE);
    say(again, READY_FOR_QUERY);
    step_on(asking);
    return hear(again);
}

static void who_is_cut_off_connects_and_asks_again(void **state)
{
    (void)state;
    struct asking asking = asking_about_a_table();
    shutdown(asking.server.fd, SHUT_RDWR);
    wait_for_the_server(&asking);
    assert_true(catalog_is_cut_off(asking.catalog));

    assert_int_equal(key_step(&asking), STEP_BUSY);
    assert_int_equal(key_step(&asking), STEP_BUSY);

    assert_false(catalog_is_cut_off(asking.catalog));
    struct server again = asking.server;
    take_in(&again);
    assert_int_equal(said_first(&asking, &again), MESSAGE_QUERY);
    close(again.fd);
    end_asking(&asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_question_is_prepared_already),
        cmocka_unit_test(who_waits_for_an_answer_is_not_cut_off),
        cmocka_unit_test(a_server_that_goes_under_a_question_cuts_off),
        cmocka_unit_test(an_answer_is_taken_whoever_looked_in_between),
        cmocka_unit_test(who_is_cut_off_connects_and_asks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
