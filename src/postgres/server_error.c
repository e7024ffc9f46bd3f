#include "postgres/server_error.h"

#include <stddef.h>
#include <string.h>

struct rule {
    struct str state;  // A prefix of the SQLSTATE.
    struct str phrase; // In the message; empty: any.
    enum err_kind kind;
    const char *hint;
};

#define HINT_UNREACHABLE                                                                           \
    "check host and port in --source, PGHOST and PGPORT; with --retry-initial a server that is "   \
    "not up yet is waited for"
#define HINT_MALFORMED                                                                             \
    "write --source as postgres://user@host:5432/database, or host=... dbname=..."

// The first rule that fits wins. Messages are English in tests and mostly in life; where they are
// not, only the hint is lost, since a state alone decides the kind whenever it can.
static const struct rule rules[] = {
    {STR_CONST("55006"), STR_CONST(""), ERR_RETRY,
        "another process reads this slot; end it, or start with --retry-initial to wait for it"},
    {STR_CONST("42704"), STR_CONST("replication slot"), ERR_OPERATOR,
        "SELECT slot_name FROM pg_replication_slots tells which there are; --create makes one, "
        "without earlier changes"},
    {STR_CONST("42704"), STR_CONST("publication"), ERR_OPERATOR,
        "it is younger than changes that the slot still holds: see the warning about that"},
    {STR_CONST("55000"), STR_CONST("can no longer"), ERR_FINAL,
        "the server removed log that the slot needed, so changes are lost; drop the slot with "
        "--drop, create it with --create and load the tables anew"},
    {STR_CONST("55000"), STR_CONST("cannot read from logical replication slot"), ERR_FINAL,
        "the server removed log that the slot needed, so changes are lost; drop the slot with "
        "--drop, create it with --create and load the tables anew"},
    {STR_CONST("55000"), STR_CONST("wal_level"), ERR_OPERATOR,
        "set wal_level = logical in postgresql.conf and restart the server"},
    {STR_CONST("55000"), STR_CONST("was not created in this database"), ERR_OPERATOR,
        "name the slot's own database in --source"},
    {STR_CONST("55000"), STR_CONST(""), ERR_OPERATOR, NULL},
    {STR_CONST("53400"), STR_CONST("replication slots"), ERR_OPERATOR,
        "raise max_replication_slots, or drop a slot that nobody reads"},
    {STR_CONST("42501"), STR_CONST("output plugin"), ERR_OPERATOR,
        "add the plugin to output_plugin_libraries"},
    {STR_CONST("42501"), STR_CONST(""), ERR_OPERATOR,
        "the role needs the REPLICATION attribute (on Amazon RDS: GRANT rds_replication)"},
    {STR_CONST("28"), STR_CONST(""), ERR_OPERATOR,
        "the role needs LOGIN and REPLICATION, the right password, and a line in pg_hba.conf"},
    {STR_CONST("3D000"), STR_CONST(""), ERR_OPERATOR, "name an existing database in --source"},
    {STR_CONST("58P01"), STR_CONST("could not access file"), ERR_OPERATOR,
        "install the output plugin on the server (package postgresql-contrib)"},
    {STR_CONST("42"), STR_CONST(""), ERR_OPERATOR, NULL},
    {STR_CONST("22023"), STR_CONST(""), ERR_OPERATOR, NULL},
    {STR_CONST("0A000"), STR_CONST(""), ERR_OPERATOR, NULL},
    {STR_CONST("2201B"), STR_CONST(""), ERR_USAGE, NULL}, // A regular expression.
    {STR_CONST("22021"), STR_CONST(""), ERR_OPERATOR, NULL},
    {STR_CONST(""), STR_CONST("password authentication failed"), ERR_OPERATOR,
        "check user and password in --source, PGPASSWORD or ~/.pgpass"},
    {STR_CONST(""), STR_CONST("no password supplied"), ERR_OPERATOR,
        "give a password in PGPASSWORD, ~/.pgpass or --source"},
    {STR_CONST(""), STR_CONST("pg_hba.conf"), ERR_OPERATOR,
        "add a line for this host, database and role to the server's pg_hba.conf"},
    {STR_CONST(""), STR_CONST("must be superuser or replication role"), ERR_OPERATOR,
        "ALTER ROLE ... REPLICATION (on Amazon RDS: GRANT rds_replication TO ...)"},
    {STR_CONST(""), STR_CONST("to start WAL sender"), ERR_OPERATOR,
        "ALTER ROLE ... REPLICATION (on Amazon RDS: GRANT rds_replication TO ...)"},
    {STR_CONST(""), STR_CONST("number of requested standby connections"), ERR_OPERATOR,
        "raise max_wal_senders, or end a replication connection"},
    {STR_CONST(""), STR_CONST("too many connections"), ERR_RETRY, NULL},
    {STR_CONST(""), STR_CONST("nsupported startup parameter"), ERR_OPERATOR,
        "connect to PostgreSQL itself: a connection pooler cannot pass replication on"},
    {STR_CONST(""), STR_CONST("Connection refused"), ERR_RETRY, HINT_UNREACHABLE},
    {STR_CONST(""), STR_CONST("could not translate host name"), ERR_RETRY, HINT_UNREACHABLE},
    {STR_CONST(""), STR_CONST("Is the server running"), ERR_RETRY, HINT_UNREACHABLE},
    {STR_CONST(""), STR_CONST("role \""), ERR_OPERATOR, "check the user in --source or PGUSER"},
    {STR_CONST(""), STR_CONST("database \""), ERR_OPERATOR,
        "name an existing database in --source or PGDATABASE"},
};

static bool holds(struct str text, struct str phrase)
{
    return phrase.len == 0 || memmem(text.ptr, text.len, phrase.ptr, phrase.len);
}

// What is not in the table is passing trouble: the server restarts, fails over, is out of memory.
bool server_error(struct err *err, struct str sqlstate, struct str message)
{
    err_set(err, ERR_RETRY, "%s", err_quote(message).text);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if (!str_starts_with(sqlstate, rule->state) || !holds(message, rule->phrase))
            continue;
        err->kind = rule->kind;
        return rule->hint ? err_hint(err, "%s", rule->hint) : false;
    }
    return false;
}

bool server_error_connecting(struct err *err, struct str message)
{
    // libpq quotes what stands in a number's place, which may be half a password: of a URI where
    // the password has an '@'. So we say it ourselves.
    if (holds(message, STR("invalid integer value")) ||
        holds(message, STR("invalid port number"))) {
        err_set(err, ERR_USAGE, "--source, or the PG* environment, has no number for a number");
        return err_hint(err, "%s", HINT_MALFORMED);
    }
    return server_error(err, STR(""), message);
}
