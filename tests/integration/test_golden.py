"""The original's records, byte for byte, from PostgreSQL through the program to a stream."""
import os
import subprocess

import pytest

import golden
from postgres_server import Database
from runs import SLOT, arguments, scenario
from sim_process import KinesisSim
from streams import read_stream
from waiting import wait_until

# What these ask of the program is not there yet.
LATER = ('filter_', 'truncate_excluded')
SCENARIOS = [name for name in golden.names() if not name.startswith(LATER)]

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture(scope='module')
def sim():
    """One endpoint for all, with a stream for each scenario."""
    streams = [part for name in golden.names() for part in ('--stream', f'{name}:2')]
    with KinesisSim().start(*streams) as started:
        yield started


@pytest.fixture
def make_database(postgres):
    """Makes the scenario's database, with the settings of its header."""
    made = []

    def make(name):
        options = golden.options(name)
        encoding = options.get('encoding', 'UTF8')
        made.append(Database.create(postgres, f'golden_{name}',
                                    f"ENCODING '{encoding}' TEMPLATE template0"))
        for setting in filter(None, options.get('dbset', '').split(';')):
            made[-1].execute(f'ALTER DATABASE "golden_{name}" SET {setting}')
        return made[-1]

    yield make
    for database in made:
        database.drop()


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


def stored(sim):
    return sim.counters()['records_stored']


@pytest.mark.parametrize('name', SCENARIOS)
def test_the_originals_records_arrive(pg_kinesis, make_database, sim, name):
    database = make_database(name)
    setup, _ = scenario(name)
    run_script(database, setup)
    timezone = golden.options(name).get('env', 'TZ=UTC').removeprefix('TZ=')
    command = arguments(database, sim, *golden.command_line(name), stream=name)
    before = stored(sim)
    wanted = golden.expected(name)

    run = pg_kinesis(*command, '--create', env={'TZ': timezone})
    run.wait_until_streaming(database, SLOT)
    script, due = Script(database), before
    for sql, records in golden.steps(name):
        script.feed(sql)
        due += records
        run.wait_until(lambda: stored(sim) >= due, f'{records} records of {sql}')
    script.finish()
    run.wait_until(lambda: stored(sim) >= before + len(wanted), f'{len(wanted)} records')
    assert run.terminate() == 0
    # What the first run may have left, and must not: anything beyond the records expected.
    assert pg_kinesis(*command, '--endpos', 'now', env={'TZ': timezone}).wait() == 0

    records = read_stream(sim.client(), name, until=len(wanted))
    found = [(record['PartitionKey'], record['Data'].decode()) for record in records]
    problem = golden.difference(golden.normalised(name, wanted), golden.normalised(name, found))
    assert problem is None, problem
