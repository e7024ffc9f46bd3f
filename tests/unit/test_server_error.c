#include "cmocka_prelude.h"

#include "postgres/server_error.h"

#include <string.h>

static void the_state_and_the_text_tell_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        const char *message;
        enum err_kind kind;
        const char *hint; // A part of it; NULL: none.
    } rows[] = {
        {"55006", "replication slot \"s\" is active for PID 42", ERR_RETRY, "--retry-initial"},
        {"42704", "replication slot \"s\" does not exist", ERR_OPERATOR, "--create"},
        {"55000", "can no longer access replication slot \"s\"", ERR_FINAL, "load the tables"},
        {"55000", "can no longer get changes from replication slot \"s\"", ERR_FINAL, "--drop"},
        {"55000", "cannot read from logical replication slot \"s\"", ERR_FINAL, "--drop"},
        {"55000", "logical decoding requires wal_level >= logical", ERR_OPERATOR, "wal_level"},
        {"55000", "logical decoding requires \"wal_level\" >= \"logical\"", ERR_OPERATOR,
            "wal_level"},
        {"55000", "replication slot \"s\" was not created in this database", ERR_OPERATOR,
            "database in --source"},
        {"55000", "cannot use physical replication slot for logical decoding", ERR_OPERATOR, NULL},
        {"53400", "all replication slots are in use", ERR_OPERATOR, "max_replication_slots"},
        {"42501", "library \"x\" may not be used as an output plugin", ERR_OPERATOR,
            "output_plugin_libraries"},
        {"42501", "permission denied to use replication slots", ERR_OPERATOR, "REPLICATION"},
        {"28000", "no such role", ERR_OPERATOR, "pg_hba.conf"},
        {"28P01", "password authentication failed for user \"u\"", ERR_OPERATOR, "password"},
        {"3D000", "database \"d\" does not exist", ERR_OPERATOR, "database"},
        {"58P01", "could not access file \"test_decoding\"", ERR_OPERATOR, "install"},
        {"58P01", "could not open file \"pg_wal/0001\"", ERR_RETRY, NULL},
        {"42601", "syntax error", ERR_OPERATOR, NULL},
        {"0A000", "not supported", ERR_OPERATOR, NULL},
        {"57P01", "terminating connection due to administrator command", ERR_RETRY, NULL},
        {"57P03", "the database system is starting up", ERR_RETRY, NULL},
        {"53300", "sorry, too many clients already", ERR_RETRY, NULL},
        {"53200", "out of memory", ERR_RETRY, NULL},
        {"XX000", "anything", ERR_RETRY, NULL},
        {"", "server closed the connection unexpectedly", ERR_RETRY, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        assert_false(server_error(&err, str_from_c(rows[i].sqlstate), str_from_c(rows[i].message)));
        assert_int_equal(err.kind, rows[i].kind);
        if (rows[i].hint)
            assert_non_null(strstr(strstr(err.text, "; hint: "), rows[i].hint));
        else
            assert_null(strstr(err.text, "; hint: "));
    }
}

// Where libpq tells no state the text decides alone.
static void a_failed_connection_is_judged_by_its_text(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        enum err_kind kind;
    } rows[] = {
        {"FATAL:  password authentication failed for user \"u\"", ERR_OPERATOR},
        {"fe_sendauth: no password supplied", ERR_OPERATOR},
        {"FATAL:  no pg_hba.conf entry for host \"192.0.2.1\"", ERR_OPERATOR},
        {"FATAL:  must be superuser or replication role to start walsender", ERR_OPERATOR},
        {"FATAL:  permission denied to start WAL sender", ERR_OPERATOR},
        {"FATAL:  number of requested standby connections exceeds max_wal_senders", ERR_OPERATOR},
        {"FATAL:  unsupported startup parameter: replication", ERR_OPERATOR},
        {"FATAL:  role \"u\" does not exist", ERR_OPERATOR},
        {"FATAL:  role \"u\" is not permitted to log in", ERR_OPERATOR},
        {"FATAL:  database \"d\" does not exist", ERR_OPERATOR},
        {"invalid integer value \"x\" for connection option \"port\"", ERR_USAGE},
        {"FATAL:  too many connections for role \"u\"", ERR_RETRY},
        {"FATAL:  too many connections for database \"d\"", ERR_RETRY},
        {"FATAL:  sorry, too many clients already", ERR_RETRY},
        {"FATAL:  the database system is starting up", ERR_RETRY},
        {"could not translate host name \"h\" to address", ERR_RETRY},
        {"Connection refused", ERR_RETRY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        assert_false(server_error_connecting(&err, str_from_c(rows[i].message)));
        assert_int_equal(err.kind, rows[i].kind);
    }
}

static void what_the_server_says_is_made_one_line(void **state)
{
    (void)state;
    struct err err;
    server_error(&err, STR("XX000"), STR("first\nsecond\x1b[31m"));
    assert_null(strchr(err.text, '\n'));
    assert_null(strchr(err.text, '\x1b'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_and_the_text_tell_what_to_do),
        cmocka_unit_test(a_failed_connection_is_judged_by_its_text),
        cmocka_unit_test(what_the_server_says_is_made_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
