"""What the integration tests stand on: servers of their own, and the program under test.

PGK_BUILD_DIR is where build/pg_kinesis and build/kinesis_sim are (by default the repository's
build/); PGK_POSTGRES_VERSIONS the PostgreSQL versions every test of a database runs with; PGK_WIRE
what --wire is where a test does not say it: cbor or json.
"""
import functools
import itertools
import os
import signal

import pytest

from kinesis_local import KinesisLocal
from pg_kinesis_process import PgKinesis
from postgres_server import Database, PostgresServer
from sim_process import KinesisSim
from sim_stream import SHARDS, STREAM
from trial import Trial

VERSIONS = os.environ.get('PGK_POSTGRES_VERSIONS', '15,18').split(',')
NUMBERS = itertools.count(1)

memory_of_runs = []  # The most that each had, and in which test.


def pytest_configure(config):
    """Told to stop, pytest still runs every teardown, so that no server outlives it."""
    config.addinivalue_line('markers', 'slow: takes long; run by script/test --faults')

    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def pytest_terminal_summary(terminalreporter):
    """Tells how near the program came to its bound."""
    if memory_of_runs:
        memory_bytes, test = max(memory_of_runs)
        terminalreporter.write_line(f'at most {memory_bytes >> 20} MiB resident, in {test}')


@pytest.fixture(scope='session', params=VERSIONS)
def postgres(request):
    """A private cluster of each version. A test that needs one version asks for it with
    @pytest.mark.parametrize('postgres', ['15'], indirect=True)."""
    server = PostgresServer(request.param)
    yield server
    server.stop()


@pytest.fixture
def database(postgres):
    """An empty database; .dsn and .uri tell pg_kinesis where, .execute() and .value() use it."""
    fresh = Database.create(postgres, f'test_{next(NUMBERS)}')
    yield fresh
    if not postgres.is_running:
        postgres.start()  # The test failed while it was down; others need it.
    fresh.drop()


@pytest.fixture
def make_database(postgres):
    """Makes a database of an encoding, whose connection speaks UTF-8."""
    made = []

    def make(encoding):
        made.append(Database.create(postgres, f'of_{encoding.lower()}',
                                    f"ENCODING '{encoding}' TEMPLATE template0"))
        if encoding != 'SQL_ASCII':
            made[-1].execute("SET client_encoding = 'UTF8'")
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def start_kinesis_sim():
    """Starts a kinesis_sim with the given arguments, as often as asked."""
    started = []

    def start(*arguments):
        started.append(KinesisSim().start(*arguments))
        return started[-1]

    yield start
    for sim in started:
        sim.stop()


@pytest.fixture
def kinesis_sim(start_kinesis_sim):
    """A strict endpoint with the stream `test` of four shards."""
    return start_kinesis_sim('--stream', 'test:4')


@pytest.fixture
def start_sim(start_kinesis_sim):
    """Starts a kinesis_sim with the stream by which it is itself tested."""
    return functools.partial(start_kinesis_sim, '--stream', f'{STREAM}:{SHARDS}')


@pytest.fixture
def sim(start_sim):
    return start_sim()


@pytest.fixture(scope='session')
def kinesis_local():
    """An endpoint by others; it is shared, so use each of its streams once."""
    endpoint = KinesisLocal({'test': 2, 'wide': 16, 'cbor': 2, 'json': 2, 'aggregated': 4})
    yield endpoint
    endpoint.stop()


@pytest.fixture
def pg_kinesis(tmp_path, request):
    """Starts the program under test, as often as asked. No run outlives its test; what each said
    is shown when the test fails. Whatever happened, none may have taken more than its memory."""
    started = []

    def start(*arguments, **how):
        folder = tmp_path / f'pg_kinesis-{len(started) + 1}'
        started.append(PgKinesis(folder, *arguments, **how))
        return started[-1]

    yield start
    for run in started:
        report = run.report()
        run.kill()
        print(report)
    for run in started:
        memory_of_runs.append((run.memory_bytes, request.node.nodeid))
        run.assert_memory_was_bounded()


@pytest.fixture
def trial(pg_kinesis, database, kinesis_sim):
    """A load, an endpoint, and a verdict on what arrives there."""
    return Trial(pg_kinesis, database, kinesis_sim)
