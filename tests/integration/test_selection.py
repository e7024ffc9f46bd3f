"""Which tables' changes become records: -t, -T, --tables, --table-and-children, as psql has it."""
import json
import signal
import subprocess

import pytest

from postgres_server import Database
from runs import SLOT, arguments

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

NAMES = ['users', 'Users', 'users_old', 'user1', 'user$', 'foo', 'bar', 'foobar', 'foo|bar', 'a', 'b',
         'aab', 'aa', 'a.b', 'a*b', 'a?b', 'a+', 'a1b', 'x[]', 'x', 'a"b', "it's", 'My Table', 'größe',
         'back\\slash', '$', 'a,b', '^a', '(a)', '日本']
SCHEMAS = {
    'public': NAMES,
    'users': ['users', 'a', 'Events'],
    'Public': ['users', 'Users'],
    'pub$lic': ['a', 'users'],
    'a': ['a', 'b', 'a.b'],
    'a.b': ['a', 'b', 'c', 'a.b'],
    'a"b': ['a"b', 'a'],
    'sch ema': ['My Table', 'my table'],
    'st*r': ['x', 'x[]'],
    'p|q': ['foo', 'foo|bar'],
    'naïve': ['größe', 'GRÖSSE', "it's"],
}

PATTERNS = [
    'users', 'Users', '"Users"', 'user?', 'user*', 'user$', '"user$"', 'us"er"1', '*', '*.*',
    'public.*', '"Public".*', 'pub*.users', 'pub$lic.a', 'PUB?LIC.A', '"a.b".c', '"a.b"."a.b"',
    'a.b', '*."a.b"', '"a""b"."a""b"', '"sch ema"."My Table"', 'sch?ema.my?table', 'foo|bar',
    '"foo|bar"', 'foo\\|bar', '(a|b).(a|b)', 'a[0-9]b', '[[:ALPHA:]]', '[^a-z]*', 'a+', '"a+"',
    'a{2}b', 'x[]', '"x[]"', '"a*b"', 'a\\?b', '"st*r".*', '"p|q".foo', 'p|q.foo', 'naïve.größe',
    'na?ve.gr??e', "*.it's", '"back\\slash"', 'back\\\\slash', '\\w+', '$', '""', '.users', 'users.',
    '"a,b"', '^a', '"(a)"', 'selection.public.users', 'SELECTION."Public".*',
]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def make_slot(database, slot=SLOT):
    """A slot that holds what changes from now on."""
    database.value("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", [slot])


class Library:
    """A database where every schema has every table, each with a row to be streamed.

    The log is written once and read by many runs, none of which moves the slot.
    """

    SLOT = 'pgk_library'

    def __init__(self, server):
        self.database = Database.create(server, 'selection')
        self.database.execute(''.join(
            f'CREATE SCHEMA IF NOT EXISTS {quoted(schema)};' for schema in SCHEMAS))
        self.database.execute(''.join(
            f'CREATE TABLE {table} (id int PRIMARY KEY);' for table in self.tables()))
        make_slot(self.database, self.SLOT)
        self.database.execute(''.join(
            f'INSERT INTO {table} VALUES (1);' for table in self.tables()))
        self.end = self.database.value('SELECT pg_current_wal_flush_lsn()::text')

    @staticmethod
    def tables():
        return [f'{quoted(schema)}.{quoted(name)}'
                for schema, names in SCHEMAS.items() for name in names]

    def listed(self, pattern):
        """What psql lists of the tables for a pattern."""
        literal = pattern.replace('\\', '\\\\').replace("'", "''")
        listing = subprocess.run(
            ['psql', '-XAt', '-F', '\t', '-d', self.database.dsn, '-c', f"\\dt '{literal}'"],
            check=True, capture_output=True, encoding='utf-8').stdout
        rows = [line.split('\t')[:2] for line in listing.splitlines()]
        return {(schema, name) for schema, name in rows if schema in SCHEMAS}

    def shown(self, tables):
        """Tables as records show them."""
        return {self.database.value("SELECT format('%%I.%%I', %s::text, %s::text)", table)
                for table in tables}


@pytest.fixture(scope='module')
def library(postgres):
    """The tables and the log that the runs of this module read."""
    shelves = Library(postgres)
    yield shelves
    shelves.database.drop()


def tables_sent(run):
    """The tables of which a run that ends by itself tells."""
    assert run.wait() == 0
    return [json.loads(line)['table'] for line in run.stdout().splitlines()]


def look(pg_kinesis, database, end, *more, slot=SLOT, env=None):
    """A run that looks at the slot's changes up to a position."""
    return pg_kinesis('--source', database.dsn, '--slot', slot, '--dry-run', '--retry-initial',
                      '--endpos', end, *more, env=env)


def look_up(pg_kinesis, library, *more, env=None):
    """A run over the library's log."""
    return look(pg_kinesis, library.database, library.end, *more, slot=library.SLOT, env=env)


def selected(pg_kinesis, library, *more, env=None):
    """The tables that a run over the library's log selects."""
    return sorted(tables_sent(look_up(pg_kinesis, library, *more, env=env)))


def tables_looked_at(pg_kinesis, database, *more):
    """The tables of which a run tells that reads the slot to its end."""
    end = database.value('SELECT pg_current_wal_flush_lsn()::text')
    return tables_sent(look(pg_kinesis, database, end, *more))


@pytest.mark.parametrize('pattern', PATTERNS)
def test_a_pattern_selects_what_psql_lists(pg_kinesis, library, pattern):
    expected = library.shown(library.listed(pattern))

    assert selected(pg_kinesis, library, '-t', pattern) == sorted(expected)


def test_a_table_that_matches_one_pattern_is_in(pg_kinesis, library):
    expected = library.listed('users') | library.listed('*.foo*')

    found = selected(pg_kinesis, library, '-t', 'users', '--tables', '*.foo*')

    assert found == sorted(library.shown(expected))


def test_an_exclusion_wins_over_all(pg_kinesis, library):
    expected = library.listed('public.*') - library.listed('foo*') - library.listed('"a,b"')

    found = selected(pg_kinesis, library, '-T', 'foo*', '-T', '"a,b"', '-t', 'public.*')

    assert found == sorted(library.shown(expected))


def test_exclusions_alone_leave_all_others(pg_kinesis, library):
    expected = library.listed('*.*') - library.listed('*.users')

    assert selected(pg_kinesis, library, '-T', '*.users') == sorted(library.shown(expected))


USERS_AND_FOO = [
    (['-t', 'users', '-t', 'foo'], {}),
    (['-t=users', '-tfoo'], {}),
    (['-table', 'users', '--table=foo'], {}),
    (['--tables', 'users,foo'], {}),
    (['-tables=users, foo', '-T=a'], {}),
    (['-t=(foo|bar|users)', '--exclude-table=bar'], {}),
    (['--tables=foo*,users', '-T', 'foo?*'], {}),
    ([], {'PG_KINESIS_TABLE': 'users\nfoo'}),
    ([], {'PG_KINESIS_TABLES': 'users,foo'}),
    (['-t', 'users', '-t', 'foo'], {'PG_KINESIS_TABLES': 'bar', 'PG_KINESIS_EXCLUDE_TABLE': 'b'}),
    (['-T', 'bar'], {'PG_KINESIS_TABLES': 'users,foo,bar', 'PG_KINESIS_EXCLUDE_TABLE': 'foo'}),
]


@pytest.mark.parametrize('more, env', USERS_AND_FOO, ids=lambda value: str(value) or 'none')
def test_every_spelling_selects_the_same(pg_kinesis, library, more, env):
    assert selected(pg_kinesis, library, *more, env=env) == ['public.foo', 'public.users']


def test_a_bare_name_is_what_search_path_finds(pg_kinesis, database):
    tables = [f'{schema}.{name}' for name in ('stays', 'goes') for schema in
              ('first', 'public', 'hidden')]
    database.execute('CREATE SCHEMA first; CREATE SCHEMA hidden;'
                     f'ALTER DATABASE {database.name} SET search_path = first, public')
    database.execute(''.join(f'CREATE TABLE {table} (id int);' for table in tables))
    make_slot(database)
    database.execute(''.join(f'INSERT INTO {table} VALUES (1);' for table in tables))
    database.execute('DROP TABLE public.goes, hidden.goes')

    found = tables_looked_at(pg_kinesis, database, '-t', 'stays', '-t', 'goes')

    assert found == ['first.stays', 'first.goes']


def test_a_bare_name_of_a_table_that_is_gone_is_what_was_found(pg_kinesis, database):
    database.execute('CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int); CREATE TABLE t (id int)')
    make_slot(database)
    database.execute('INSERT INTO t VALUES (1); INSERT INTO hidden.t VALUES (1)')
    database.execute('DROP TABLE t, hidden.t')

    assert tables_looked_at(pg_kinesis, database, '-t', 't') == ['public.t']


def test_a_table_is_selected_by_the_name_it_had(pg_kinesis, database):
    make_slot(database)
    database.execute('BEGIN; CREATE TABLE chosen_first (n int); INSERT INTO chosen_first VALUES (1);'
                     'COMMIT')
    database.execute('CREATE TABLE other (n int); INSERT INTO other VALUES (2)')
    database.execute('ALTER TABLE other RENAME TO chosen_then; INSERT INTO chosen_then VALUES (3)')
    database.execute('ALTER TABLE chosen_then RENAME TO other; INSERT INTO other VALUES (4)')

    found = tables_looked_at(pg_kinesis, database, '-t', 'chosen*')

    assert found == ['public.chosen_first', 'public.chosen_then']


def test_a_table_made_while_it_streams_is_selected(pg_kinesis, database):
    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--create', '--stdout', '-t', 'new*')
    run.wait_for_log('pattern new\\* matches no table yet')
    run.wait_until_streaming(database, SLOT)

    database.execute('CREATE TABLE old (id int); INSERT INTO old VALUES (1)')
    database.execute('BEGIN; CREATE TABLE new (id int); INSERT INTO new VALUES (1); COMMIT')
    run.wait_until(run.stdout, 'a record')

    assert run.terminate() == 0
    assert [json.loads(line)['table'] for line in run.stdout().splitlines()] == ['public.new']


@pytest.fixture
def events(database):
    """A partitioned table, one of whose partitions has partitions itself, and two to inherit."""
    database.execute("""
        CREATE TABLE events (kind text, id int) PARTITION BY LIST (kind);
        CREATE TABLE events_a PARTITION OF events FOR VALUES IN ('a');
        CREATE TABLE rest PARTITION OF events DEFAULT PARTITION BY LIST (id);
        CREATE TABLE rest_1 PARTITION OF rest FOR VALUES IN (1);
        CREATE TABLE rest_2 PARTITION OF rest DEFAULT;
        CREATE TABLE old_events (id int); CREATE TABLE archive () INHERITS (old_events)""")
    make_slot(database)
    database.execute("""
        INSERT INTO events VALUES ('a', 1), ('b', 1), ('b', 2);
        INSERT INTO old_events VALUES (1); INSERT INTO archive VALUES (2)""")
    return database


SELECTED_EVENTS = [
    (['-t', 'events'], []),
    (['-t', 'events*'], ['events_a']),
    (['--table-and-children', 'events'], ['events_a', 'rest_1', 'rest_2']),
    (['--table-and-children', 'rest'], ['rest_1', 'rest_2']),
    (['--table-and-children', '*events', '-T', 'rest_1'],
     ['events_a', 'rest_2', 'old_events', 'archive']),
    (['--table-and-children', 'old*', '-T', 'old_events'], ['archive']),
    (['-t', 'old_events'], ['old_events']),
    (['-T', 'events'], ['events_a', 'rest_1', 'rest_2', 'old_events', 'archive']),
]


def test_children_come_along_where_it_is_said(pg_kinesis, events):
    for more, expected in SELECTED_EVENTS:
        found = tables_looked_at(pg_kinesis, events, *more)
        assert found == [f'public.{name}' for name in expected], more


def test_a_pattern_of_partitioned_tables_alone_is_warned_of(pg_kinesis, events):
    run = look(pg_kinesis, events, 'now', '-t', 'events', '--table-and-children', 'rest')
    assert run.wait() == 0
    assert 'pattern events matches only partitioned tables' in run.log()
    assert 'pattern rest' not in run.log()


def test_a_partition_that_is_gone_keeps_its_plan(pg_kinesis, events):
    run = pg_kinesis('--source', events.dsn, '--slot', SLOT, '--stdout', '--table-and-children',
                     'rest')
    run.wait_until(lambda: run.stdout().count('\n') == 2, 'both records')

    # Stopped, so that it cannot ask for the new columns before the table is dropped.
    run.process.send_signal(signal.SIGSTOP)
    events.execute("ALTER TABLE events ADD more int; INSERT INTO events VALUES ('b', 2, 3);"
                   'DROP TABLE rest_2')
    run.process.send_signal(signal.SIGCONT)

    run.wait_until(lambda: run.stdout().count('\n') == 3, 'the record of a table that is gone')


def test_a_truncate_tells_of_selected_tables_only(pg_kinesis, database):
    database.execute('CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)')
    make_slot(database)
    database.execute('TRUNCATE a, b, c; TRUNCATE b; INSERT INTO c VALUES (1)')

    assert tables_looked_at(pg_kinesis, database, '-T', 'b') == ['public.a', 'public.c', 'public.c']


def test_what_is_not_wanted_moves_the_slot(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int); CREATE TABLE wanted (id int)')
    run = pg_kinesis(*arguments(database, kinesis_sim, '--create', '-t', 'wanted', slot=SLOT))
    run.wait_until_streaming(database, SLOT)

    database.execute('INSERT INTO t SELECT generate_series(1, 1000); TRUNCATE t')
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    assert run.terminate() == 0
    assert 'changes 1000, records stored 0 ' in run.log()


BAD_PATTERNS = [
    (['-t', 'a('], 'pattern a(: ', 'invalid regular expression'),
    (['-T', 'a.b['], 'pattern a.b[: ', 'invalid regular expression'),
    (['-t', '((.nobody'], 'pattern ((.nobody: ', 'invalid regular expression'),
    (['-t', 'elsewhere.public.t'], 'pattern elsewhere.public.t: ', 'another database'),
    (['--tables', 'a,b.c.d.e'], 'pattern b.c.d.e: ', 'too many dotted names'),
    (['-t', '"a'], 'pattern "a: ', 'not closed'),
    (['--table', ''], '--table: ', 'empty'),
]


@pytest.mark.parametrize('more, named, reason', BAD_PATTERNS, ids=lambda value: str(value))
def test_a_bad_pattern_ends_the_run_in_one_line(pg_kinesis, library, more, named, reason):
    run = look_up(pg_kinesis, library, *more)

    assert run.wait() == 2
    assert named in run.log() and reason in run.log()
    assert run.log().count('\n') == 1


def test_a_pattern_without_a_table_is_warned_of_by_name(pg_kinesis, library):
    run = look_up(pg_kinesis, library, '-t', 'users', '-T', 'no.such', '-t', '"Nor so"')

    assert run.wait() == 0
    assert 'warning: pattern no.such matches no table yet\n' in run.log()
    assert 'warning: pattern "Nor so" matches no table yet that search_path finds\n' in run.log()
    assert 'pattern users' not in run.log()
