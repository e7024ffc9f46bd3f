"""Faults that take long to bear: run by script/test --faults."""
import signal

import pytest

from runs import SLOT, arguments, numbers
from streams import read_stream

pytestmark = [pytest.mark.slow,
              pytest.mark.parametrize('postgres', ['15'], indirect=True)]


def start(pg_kinesis, database, endpoint, *more):
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


@pytest.mark.parametrize('memory', ['1MiB', '64MiB'], ids=['full', 'with room'])
def test_a_server_can_shut_down_while_nothing_can_be_delivered(
        pg_kinesis, database, start_kinesis_sim, postgres, memory):
    sim = start_kinesis_sim('--stream', 'test:4')
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, sim, '--max-memory', memory)
    sim.control(stall=True)
    database.execute('INSERT INTO load SELECT i, 0 FROM generate_series(1, 30000) i')
    run.wait_until(lambda: sim.counters()['replies_stalled'] > 0, 'a request without an answer')
    database.connection.close()

    postgres.shut_down(signal.SIGINT)

    postgres.start()
    database.connection = database.connect()
    sim.control(stall=False)
    assert {key for key, _ in numbers(read_stream(sim.client(), 'test', until=30_000))} == set(
        range(1, 30_001))
