"""Reading from a standby."""
import signal

import pytest

from postgres_server import Database, PostgresServer
from runs import SLOT, arguments, decoded, new_value
from standby import Standby
from streams import read_stream


@pytest.fixture
def primary():
    """A server of its own, since it is shut down to be copied."""
    server = PostgresServer('18')
    yield server
    server.stop()


@pytest.fixture
def standby(primary):
    """A standby of it, up to date when the test begins."""
    server = Standby(primary)
    yield server
    server.stop()


def ids(endpoint, count):
    return sorted(new_value(change, 'id')
                  for change in decoded(read_stream(endpoint.client(), 'test', until=count)))


def test_a_standby_that_lies_behind_after_a_restart_is_waited_for(
        pg_kinesis, kinesis_sim, primary, standby):
    """It applies again what it had applied, and lets nobody read further meanwhile."""
    written = Database(primary, 'postgres')
    followed = Database(standby, 'postgres')
    written.execute('CREATE TABLE t (id int PRIMARY KEY)')
    run = pg_kinesis(*arguments(followed, kinesis_sim, '--create'))

    def begins():  # A slot of a standby waits until the primary tells what runs there.
        written.value('SELECT pg_log_standby_snapshot()')
        return followed.slot_is_streamed(SLOT)

    run.wait_until(begins, 'the stream to begin')
    written.execute('INSERT INTO t VALUES (1)')
    assert ids(kinesis_sim, 1) == ['1']
    run.wait_until_slot_passes(followed, SLOT, written.current_lsn())

    followed.connection.close()
    standby.shut_down(signal.SIGQUIT)
    standby.delay('1h')
    standby.start()
    run.wait_for_log('warning: the standby is at [0-9A-F/]+, before [0-9A-F/]+, up to where')
    standby.delay('0')
    written.execute('INSERT INTO t VALUES (2)')

    assert ids(kinesis_sim, 2) == ['1', '2']
    assert run.terminate() == 0
    written.connection.close()
