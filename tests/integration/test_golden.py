"""The original's records, byte for byte, from PostgreSQL through the program to a stream."""
import contextlib
import os
import subprocess

import pytest

import golden
from postgres_server import Database
from runs import SLOT, arguments, scenario
from sim_process import KinesisSim
from streams import read_stream

# Not for pgoutput: tables without replica identity, whose UPDATE and DELETE the server itself refuses
# once they are published.
UNPUBLISHABLE = ('no_pk', 'identity_nothing')
# By pgoutput some of each kind. `script/test --matrix` runs all of one version by one plugin.
BY_PGOUTPUT = ('ddl_columns', 'identity_full', 'names_quoted', 'nulls', 'pk_change', 'toast_full',
               'truncate_multi', 'types_array', 'types_bit', 'types_bool', 'types_ext',
               'zero_columns')
VERSION, _, PLUGIN = os.environ.get('PGK_MATRIX_CELL', '15').partition(':')
RUNS = [(name, plugin) for plugin in ('test_decoding', 'pgoutput') for name in golden.names()
        if PLUGIN in ('', plugin) and
        (plugin == 'test_decoding' or name in BY_PGOUTPUT or PLUGIN and name not in UNPUBLISHABLE)]

pytestmark = pytest.mark.parametrize('postgres', [VERSION], indirect=True)


@pytest.fixture(scope='module')
def sims():
    """An endpoint for each plugin, with a stream for each scenario."""
    streams = [part for name in golden.names() for part in ('--stream', f'{name}:2')]
    with contextlib.ExitStack() as stack:
        yield {plugin: stack.enter_context(KinesisSim().start(*streams))
               for plugin in ('test_decoding', 'pgoutput')}


@pytest.fixture(scope='module')
def common_database(postgres):
    """The database of the scenarios that ask for nothing special."""
    database = Database.create(postgres, 'golden')
    yield database
    database.drop()


@pytest.fixture
def special_database(postgres, name):
    """A database with the settings of the scenario's header, None if it has none."""
    if not golden.options(name).keys() & {'encoding', 'dbset'}:
        yield None
        return
    encoding = golden.options(name).get('encoding', 'UTF8')
    database = Database.create(postgres, f'golden_{name}',
                               f"ENCODING '{encoding}' TEMPLATE template0")
    for setting in golden.options(name).get('dbset', '').split(';'):
        if setting:
            database.execute(f'ALTER DATABASE "golden_{name}" SET {setting}')
    yield database
    database.drop()


@pytest.fixture
def scenario_database(common_database, special_database):
    """An empty database for the scenario."""
    if special_database:
        yield special_database
        return
    yield common_database
    common_database.clear()


class Script:
    """A session of psql that is fed piece by piece."""

    def __init__(self, database):
        self.process = subprocess.Popen(
            ['/usr/bin/psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', database.dsn],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={'PATH': os.environ['PATH']})

    def feed(self, sql):
        self.process.stdin.write(sql.encode())
        self.process.stdin.flush()

    def finish(self):
        errors = self.process.communicate()[1]
        assert self.process.returncode == 0, errors.decode()


def run_script(database, sql):
    script = Script(database)
    script.feed(sql)
    script.finish()


def listed(database, pattern):
    """The tables that psql lists for a pattern, as {(schema, name)}."""
    answer = subprocess.run(['/usr/bin/psql', '-X', '-A', '-t', '-d', database.dsn,
                             '-c', rf'\dt {pattern}'], capture_output=True, check=False,
                            text=True, env={'PATH': os.environ['PATH']})
    return {tuple(line.split('|')[:2]) for line in answer.stdout.splitlines()}


def selected(database, name):
    """The record of each table with a row that, as psql reads the patterns, is selected."""
    arguments_ = golden.selection(name)
    patterns = list(zip(arguments_[::2], arguments_[1::2]))
    wanted = [listed(database, pattern) for option, pattern in patterns if option == '-t']
    unwanted = [listed(database, pattern) for option, pattern in patterns if option == '-T']
    tables = database.connection.execute(
        "SELECT schemaname, relname, format('%I.%I', schemaname, relname)"
        ' FROM pg_stat_user_tables ORDER BY 3').fetchall()
    return [golden.insert(quoted, f'{quoted}idn1', 1) for *table, quoted in tables
            if any(tuple(table) in some for some in wanted or [{tuple(table)}])
            and not any(tuple(table) in some for some in unwanted)
            and database.value(f'SELECT count(*) FROM {quoted}')]


def stored(sim):
    return sim.counters()['records_stored']


def assert_records_arrive(pg_kinesis, database, sim, name, plugin):
    """The scenario's records, each once and in order, and nothing else."""
    setup, _ = scenario(name)
    publication = []
    if plugin == 'pgoutput':
        database.execute('CREATE PUBLICATION golden FOR ALL TABLES')
        publication = ['--publication', 'golden']
    run_script(database, setup)
    timezone = golden.options(name).get('env', 'TZ=UTC').removeprefix('TZ=')
    command = arguments(database, sim, *golden.command_line(name), *publication, stream=name)
    before = stored(sim)

    run = pg_kinesis(*command, '--create', env={'TZ': timezone})
    run.wait_until_streaming(database, SLOT)
    script, due = Script(database), before
    for sql, records in golden.steps(name):
        script.feed(sql)
        due += records
        run.wait_until(lambda: stored(sim) >= due, f'{records} records of {sql}')
    script.finish()
    by_pattern = name in golden.BY_PATTERN
    wanted = selected(database, name) if by_pattern else golden.expected(name)
    run.wait_until(lambda: stored(sim) >= before + len(wanted), f'{len(wanted)} records')
    assert run.terminate() == 0
    # What the first run may have left, and must not: anything beyond the records expected.
    assert pg_kinesis(*command, '--endpos', 'now', env={'TZ': timezone}).wait() == 0

    records = read_stream(sim.client(), name, until=len(wanted))
    found = [(record['PartitionKey'], record['Data'].decode()) for record in records]
    problem = golden.difference(golden.normalised(name, wanted), golden.normalised(name, found))
    assert problem is None, problem


@pytest.mark.parametrize('name, plugin', RUNS)
def test_the_originals_records_arrive(pg_kinesis, scenario_database, sims, name, plugin):
    assert_records_arrive(pg_kinesis, scenario_database, sims[plugin], name, plugin)
