"""Which tables' changes become records: -t, -T, --tables, --table-and-children, as psql has it."""
import json
import subprocess
import time

import pytest

from pg_kinesis_process import PgKinesis
from postgres_server import Database

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

SLOT = 'pgk_selection'
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
    'users', 'Users', '"Users"', 'USERS', '"users"', 'user?', 'user*', 'user$', '"user$"', 'us"er"1',
    '*', '*.*', 'public.*', 'Public.*', '"Public".*', 'pub*.users', 'pub?lic.users', 'pub$lic.a',
    'PUB$LIC.A', '"a.b".c', '"a.b"."a.b"', 'a.b', '*."a.b"', '"a""b"."a""b"', '"sch ema"."My Table"',
    'sch?ema.my?table', 'foo|bar', '"foo|bar"', '(foo|bar)', 'foo\\|bar', '(a|b).(a|b)', 'a[0-9]b',
    '[abc]', '[[:ALPHA:]]', '[^a-z]*', 'a+', '"a+"', 'a{2}b', 'x[]', '"x[]"', '"a*b"', 'a*b', 'a?b',
    'a\\?b', '"st*r".*', 'st*.x', '"p|q".foo', 'p|q.foo', 'naïve.größe', 'na?ve.gr??e', "it's",
    '*.it\'s', '"back\\slash"', 'back\\\\slash', '\\w+', '$', '"$"', '""', '.users', 'users.',
    '"a,b"', '\\^a', '^a', '"(a)"', '\\(a\\)', 'selection.public.users', 'SELECTION."Public".*',
]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Library:
    """A database where every schema has every table, each with a row to be streamed.

    The log is written once and read by many runs, none of which moves the slot.
    """

    def __init__(self, server):
        self.database = Database.create(server, 'selection')
        self.database.execute(''.join(
            f'CREATE SCHEMA IF NOT EXISTS {quoted(schema)};' for schema in SCHEMAS))
        self.database.execute(''.join(
            f'CREATE TABLE {table} (id int PRIMARY KEY);' for table in self.tables()))
        self.database.value("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", [SLOT])
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
    shelves = Library(postgres)
    yield shelves
    shelves.database.drop()


def tables_sent(run):
    """The tables of which a run that ends by itself tells."""
    assert run.wait() == 0
    return [json.loads(line)['table'] for line in run.stdout().splitlines()]


def selected(pg_kinesis, library, *more, env=None):
    """The tables that a run over the library's log selects."""
    return tables_sent(pg_kinesis('--source', library.database.dsn, '--slot', SLOT, '--dry-run',
                                  '--retry-initial', '--endpos', library.end, *more, env=env))


@pytest.mark.parametrize('pattern', PATTERNS)
def test_a_pattern_selects_what_psql_lists(pg_kinesis, library, pattern):
    expected = library.shown(library.listed(pattern))

    assert sorted(selected(pg_kinesis, library, '-t', pattern)) == sorted(expected)
