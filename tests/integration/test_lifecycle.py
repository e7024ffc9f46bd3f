"""What a run does when servers change, stall and go, and when it is told to leave meanwhile."""
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

import pytest

from postgres_server import Database, PostgresServer
from runs import SLOT, arguments, decoded, new_value
from streams import read_stream
from waiting import free_port, wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

SOCKET = '.s.PGSQL.5432'
AT_ONCE_S = 5  # Less than any timeout of the program's.


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
    before = database.current_lsn()
    assert '"INSERT"' in reader.readline()
    run.wait_until_slot_passes(database, SLOT, before)

    reader.close()
    database.execute('INSERT INTO t VALUES (2)')
    after = database.current_lsn()

    assert run.wait() == 1
    assert database.slot_has_passed(SLOT, before)
    assert not database.slot_has_passed(SLOT, after)


def lose_connection_while_the_reader_stalls(run, database):
    """The program waits for a reader of the pipe, and has no server any more."""
    database.execute("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 500) i")
    run.wait_until(lambda: is_asleep_with_a_full_pipe(run), 'a full pipe')
    database.value('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                   ' WHERE slot_name = %s', [SLOT])
    run.wait_for_log('terminating connection')


def is_asleep_with_a_full_pipe(run):
    """Whether nothing more fits in what it writes to: nobody reads."""
    pipe_fd = os.open(f'/proc/{run.process.pid}/fd/1', os.O_WRONLY | os.O_NONBLOCK)
    writable = select.select([], [pipe_fd], [], 0)[1]
    os.close(pipe_fd)
    return not writable


def test_a_stalled_reader_does_not_keep_a_run_that_lost_its_server(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, x text)')
    create_slot(database)
    run, reader = into_pipe(pg_kinesis, database)
    lose_connection_while_the_reader_stalls(run, database)

    assert run.terminate() == 0
    reader.close()


def test_nothing_is_written_after_a_reader_that_went_while_there_was_no_server(
        pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, x text)')
    create_slot(database)
    run, reader = into_pipe(pg_kinesis, database)
    lose_connection_while_the_reader_stalls(run, database)

    reader.close()

    assert run.wait() == 1
    assert run.log().count('streaming from') == 1


def cpu_seconds(run):
    """What the process has computed so far."""
    fields = pathlib.Path(f'/proc/{run.process.pid}/stat').read_text().rsplit(') ', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def assert_sleeps(run):
    """For a second, in which nothing can be waited for, the process does next to nothing."""
    before = cpu_seconds(run)
    time.sleep(1)
    assert run.is_running
    assert cpu_seconds(run) - before < 0.2, run.log()


def start(pg_kinesis, database, endpoint, *more):
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


def stall_with_one_record_out(run, database, endpoint):
    """From now on no request is answered, and one waits for its answer."""
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())
    endpoint.control(stall=True)
    before = endpoint.counters()['requests']
    database.execute('INSERT INTO t VALUES (1)')
    run.wait_until(lambda: endpoint.counters()['requests'] > before, 'a request that stalls')


def is_held_back(database):
    """Whether the server has more to send than it may."""
    return database.value("SELECT wait_event = 'WalSenderWriteData' FROM pg_stat_activity"
                          " WHERE backend_type = 'walsender' AND datname = %s", [database.name])


def test_waiting_for_a_stalled_endpoint_is_sleep(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int, filler text)')
    run = start(pg_kinesis, database, kinesis_sim, '--max-memory', '1M')
    assert_sleeps(run)
    stall_with_one_record_out(run, database, kinesis_sim)

    database.execute("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 9000) i")

    run.wait_until(lambda: is_held_back(database), 'the server to be held back')
    assert_sleeps(run)


def test_leaving_while_a_table_is_looked_up_is_sleep(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int)')
    database.execute('CREATE TABLE other (id int)')
    run = start(pg_kinesis, database, kinesis_sim)
    stall_with_one_record_out(run, database, kinesis_sim)
    catalog_pid = database.value("SELECT pid FROM pg_stat_activity WHERE datname = %s"
                                 " AND application_name = 'pg_kinesis' AND backend_type ="
                                 " 'client backend'", [database.name])
    os.kill(catalog_pid, signal.SIGSTOP)
    database.execute('INSERT INTO other VALUES (1)')
    run.wait_until(lambda: database.value('SELECT sent_lsn >= %s::pg_lsn FROM pg_stat_replication',
                                          [database.current_lsn()]), 'the row to be sent')

    run.process.send_signal(signal.SIGTERM)
    run.wait_for_log('leaving')
    os.kill(catalog_pid, signal.SIGCONT)

    assert_sleeps(run)


def creates_slot(database):
    """Whether the server creates a slot, which waits for those who write."""
    return database.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = %s"
                          " AND query LIKE 'CREATE_REPLICATION_SLOT%%' AND state = 'active'"
                          " AND wait_event_type = 'Lock'", [database.name])


def test_a_slot_that_is_being_made_is_not_streamed(pg_kinesis, database, kinesis_sim):
    with database.connect() as writer:
        writer.autocommit = False
        writer.execute('CREATE TABLE t (id int)')
        run = pg_kinesis(*arguments(database, kinesis_sim, '--create'))
        run.wait_until(lambda: creates_slot(database), 'the slot to be waited for')

        assert database.slot_is_active(SLOT)
        assert not database.slot_is_streamed(SLOT)
        writer.commit()
    run.wait_until_streaming(database, SLOT)


def test_told_to_leave_while_it_waits_for_a_slot_it_leaves_at_once(
        pg_kinesis, database, kinesis_sim):
    with database.connect() as writer:
        writer.autocommit = False
        writer.execute('CREATE TABLE t (id int)')  # Open until the test ends.
        run = pg_kinesis(*arguments(database, kinesis_sim, '--create'))
        wait_until(lambda: creates_slot(database), 'the slot to be waited for')

        assert run.terminate(deadline_s=AT_ONCE_S) == 0
        wait_until(lambda: not creates_slot(database), 'the server to give up, too')
    assert database.slot_position(SLOT) is None


def test_told_to_leave_while_it_connects_it_leaves_at_once(pg_kinesis, database, kinesis_sim):
    with socket.create_server(('127.0.0.1', 0)) as silent:
        run = pg_kinesis('--source', f'host=127.0.0.1 port={silent.getsockname()[1]}',
                         '--stream', 'test', '--endpoint-url', kinesis_sim.url)
        connection, _ = silent.accept()
        with connection:  # Forgotten, it would be closed.
            assert run.terminate(deadline_s=AT_ONCE_S) == 0
    assert database.slot_position(SLOT) is None


def test_told_to_leave_between_attempts_it_leaves_at_once(pg_kinesis, database, kinesis_sim):
    run = pg_kinesis('--source', f'host=127.0.0.1 port={free_port()} dbname={database.name}',
                     '--stream', 'test', '--endpoint-url', kinesis_sim.url, '--retry-initial')
    run.wait_for_log('cannot connect')
    assert run.terminate(deadline_s=AT_ONCE_S) == 0


def test_told_twice_it_does_not_wait_for_a_stalled_endpoint(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int)')
    run = start(pg_kinesis, database, kinesis_sim)
    stall_with_one_record_out(run, database, kinesis_sim)
    run.process.send_signal(signal.SIGTERM)
    run.wait_for_log('leaving')

    assert run.terminate(deadline_s=AT_ONCE_S) == 128 + signal.SIGTERM
    assert not database.slot_has_passed(SLOT, database.current_lsn())


def test_an_end_position_survives_a_lost_connection(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int)')
    create_slot(database)
    # So far that what others write, autovacuum for one, does not come there first.
    end = database.value("SELECT (pg_current_wal_insert_lsn() + 200000)::text")
    run = pg_kinesis(*arguments(database, kinesis_sim, '--endpos', end))
    run.wait_until_streaming(database, SLOT)
    database.execute('INSERT INTO t VALUES (1)')
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    database.value('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                   ' WHERE slot_name = %s', [SLOT])
    run.wait_for_log('terminating connection')
    database.execute('INSERT INTO t SELECT 2 FROM generate_series(1, 100)')
    # In no transaction, which would end behind what its first part makes the log reach.
    database.value("SELECT pg_logical_emit_message(false, 'test', repeat('x', 300000)),"
                   ' pg_switch_wal()')

    assert run.wait() == 0
    assert database.slot_has_passed(SLOT, end)
    assert len(read_stream(kinesis_sim.client(), 'test', until=101)) == 101


def test_an_idle_run_outlives_the_servers_timeout(pg_kinesis, database, kinesis_sim):
    run = pg_kinesis('--source', f"{database.dsn} options='-c wal_sender_timeout=900'",
                     '--slot', SLOT, '--stream', 'test', '--create',
                     '--endpoint-url', kinesis_sim.url)
    run.wait_until_streaming(database, SLOT)

    def last_status():
        return database.value('SELECT reply_time FROM pg_stat_replication r'
                              ' JOIN pg_replication_slots s ON s.active_pid = r.pid'
                              ' WHERE s.slot_name = %s', [SLOT])

    first = run.wait_until(last_status, 'a status')
    run.wait_until(lambda: (last_status() - first).total_seconds() > 2, 'two seconds of statuses')
    assert 'warning' not in run.log()
