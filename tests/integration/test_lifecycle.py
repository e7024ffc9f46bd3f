"""What a run does when servers change, stall and go, and when it is told to leave meanwhile."""
import os
import subprocess

import pytest

from postgres_server import Database, PostgresServer
from runs import SLOT, decoded, new_value
from streams import read_stream
from waiting import wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

SOCKET = '.s.PGSQL.5432'


@pytest.fixture
def other_postgres():
    """A second server, which knows nothing of the first."""
    server = PostgresServer('15')
    yield server
    server.stop()


class Address:
    """A name behind which one server stands in for another, as after a failover."""

    def __init__(self, folder):
        self.folder = folder
        self.link = folder / SOCKET

    def point_to(self, server):
        """From now on new connections go to that server."""
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(server.folder / f'.s.PGSQL.{server.port}')

    def dsn(self, database):
        """How to reach a database of whoever stands there."""
        return f'host={self.folder} port=5432 user=postgres dbname={database.name}'


def create_slot(database):
    database.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")


def busy_slot(database):
    """Somebody else who reads from the slot."""
    reader = subprocess.Popen([database.server.bin / 'pg_recvlogical', '-d', database.dsn,
                               '-S', SLOT, '--start', '-f', '/dev/null'])
    wait_until(lambda: database.slot_is_active(SLOT), 'the slot to be read')
    return reader


def test_another_server_is_read_from_where_its_slot_stands(
        pg_kinesis, database, kinesis_sim, other_postgres, postgres, tmp_path):
    twin = Database.create(other_postgres, database.name)
    for one in (database, twin):
        one.execute('CREATE TABLE t (id int PRIMARY KEY)')
        create_slot(one)
    twin.execute('INSERT INTO t VALUES (2)')
    for _ in range(3):  # The first server's log is far ahead of the second's.
        database.value("SELECT pg_logical_emit_message(false, 'test', 'x'), pg_switch_wal()")
    address = Address(tmp_path)
    address.point_to(postgres)
    run = pg_kinesis('--source', address.dsn(database), '--slot', SLOT, '--stream', 'test',
                     '--endpoint-url', kinesis_sim.url)
    database.execute('INSERT INTO t VALUES (1)')
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    somebody = busy_slot(twin)
    address.point_to(other_postgres)
    database.value('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                   ' WHERE slot_name = %s', [SLOT])
    run.wait_for_log('is active for PID')
    somebody.terminate()
    somebody.wait()

    changes = decoded(read_stream(kinesis_sim.client(), 'test', until=2))
    assert {new_value(change, 'id') for change in changes} == {'1', '2'}
    assert run.terminate() == 0
    twin.connection.close()


def into_pipe(pg_kinesis, database, *more):
    """A run that writes to a pipe, and the pipe's reading end."""
    read_fd, write_fd = os.pipe()
    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--stdout', *more, stdout=write_fd)
    os.close(write_fd)
    return run, os.fdopen(read_fd, encoding='utf-8')


def test_a_reader_that_never_was_ends_the_run(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    create_slot(database)
    database.execute('INSERT INTO t VALUES (1)')
    after = database.current_lsn()

    run, reader = into_pipe(pg_kinesis, database, '--endpos', 'now')
    reader.close()

    assert run.wait() == 1
    assert 'error: cannot write to standard output' in run.log()
    assert not database.slot_has_passed(SLOT, after)


def test_a_reader_that_goes_away_ends_the_run(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    create_slot(database)
    run, reader = into_pipe(pg_kinesis, database)
    database.execute('INSERT INTO t VALUES (1)')
    assert '"INSERT"' in reader.readline()
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    reader.close()
    before = database.current_lsn()
    database.execute('INSERT INTO t VALUES (2)')
    after = database.current_lsn()

    assert run.wait() == 1
    assert database.slot_has_passed(SLOT, before)
    assert not database.slot_has_passed(SLOT, after)
