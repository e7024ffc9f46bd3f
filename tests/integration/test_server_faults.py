"""What happens to PostgreSQL: connections ended, restarts, crashes, failover, slots that are gone."""
import signal
import subprocess

import pytest

from ordeal import cut
from postgres_server import Database, PostgresServer, account
from runs import SLOT
from trial import Trial
from waiting import wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture
def own_server(postgres):
    """A second server, which nobody else needs."""
    server = PostgresServer(postgres.version)
    yield server
    server.stop()


@pytest.fixture
def own_trial(pg_kinesis, own_server, kinesis_sim):
    """A trial on it."""
    database = Database.create(own_server, 'own')
    yield Trial(pg_kinesis, database, kinesis_sim)
    database.connection.close()


def restart(trial, postgres, how):
    """Ends the server and starts it again."""
    trial.database.connection.close()
    postgres.shut_down(how)
    postgres.start()
    trial.database.connection = trial.database.connect()


def test_a_walsender_that_is_ended_in_a_transaction_is_borne(trial, database):
    """Up to its first record that is not stored, the transaction is not sent again."""
    trial.sim.control(delay_ms=20)
    trial.start()
    trial.write(keys=3000)
    trial.wait_for_counter('records_stored', more_than=500)

    cut(database)

    assert trial.verdict() < 3000
    assert trial.run.log().count('streaming from') == 2


def test_a_catalog_connection_that_is_ended_is_made_again(trial, database):
    trial.start('--table', 'public.load')
    trial.write_and_arrive()

    database.value("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                   " WHERE datname = %s AND application_name = 'pg_kinesis'"
                   " AND backend_type = 'client backend'", [database.name])
    database.execute('CREATE TABLE to_be_asked_for (id int); INSERT INTO to_be_asked_for VALUES (1)')
    trial.write()

    assert trial.verdict() == 0
    assert trial.run.log().count('streaming from') == 1


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGQUIT], ids=['fast', 'immediate'])
def test_a_restart_of_the_server_is_borne(trial, postgres, how):
    trial.start()
    trial.write_and_arrive()

    restart(trial, postgres, how)
    trial.write()

    trial.verdict()
    assert trial.run.log().count('streaming from') == 2


@pytest.mark.slow
def test_a_restart_of_the_server_under_a_request_without_an_answer_is_borne(trial, postgres):
    trial.start()
    trial.write_and_arrive()
    stalled = trial.sim.fault('stall')
    trial.write()
    stalled.wait()
    stalled.clear()

    restart(trial, postgres, signal.SIGQUIT)
    trial.write()

    assert trial.verdict() > 0


def test_the_first_of_two_hosts_may_be_down(trial, postgres, own_server):
    own_server.shut_down()
    trial.source = (f'host={own_server.folder},{postgres.folder}'
                    f' port={own_server.port},{postgres.port}'
                    f' user=postgres dbname={trial.database.name}')
    trial.start()
    trial.write()

    assert trial.verdict() == 0


def test_the_second_of_two_hosts_takes_over(trial, own_trial, postgres, own_server):
    """A server that knows nothing of the first, but has a slot of that name."""
    other = own_trial
    other.database.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    other.write()
    other.source = (f'host={postgres.folder},{own_server.folder}'
                    f' port={postgres.port},{own_server.port} user=postgres dbname=own')
    with postgres.connect() as connection:
        connection.execute('CREATE DATABASE own')
    first = Database(postgres, 'own')
    first.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    other.run = other.pg_kinesis('--source', other.source, '--slot', SLOT, '--stream', 'test',
                                 '--endpoint-url', other.endpoint_url)
    other.run.wait_for_log('streaming from slot')

    first.connection.close()
    trial.database.connection.close()
    postgres.shut_down(signal.SIGQUIT)

    assert other.verdict() == 0
    assert 'the server is another one than before' in other.run.log()
    postgres.start()
    trial.database.connection = trial.database.connect()
    Database(postgres, 'own').drop()


def test_a_server_that_lets_nobody_in_for_a_while_is_waited_for(trial, database):
    """After the start of a run even what looks like the operator's mistake is held on through."""
    trial.start()
    trial.write_and_arrive()

    with database.server.connect() as other:
        other.execute(f'ALTER DATABASE {database.name} ALLOW_CONNECTIONS false')
        cut(database)
        trial.write()
        trial.run.wait_for_log('not currently accepting connections')
        other.execute(f'ALTER DATABASE {database.name} ALLOW_CONNECTIONS true')

    assert trial.verdict() == 0


def mount(*arguments):
    """Mounts something, or skips the test where that is not allowed."""
    done = subprocess.run(['mount', *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f'needs root and may mount: {done.stderr}')


@pytest.fixture
def small_disk(own_server):
    """Where the server keeps its slots, and what does not fit into memory of large transactions."""
    folder = own_server.folder / 'data' / 'pg_replslot'
    owner = account()
    mount('-t', 'tmpfs', '-o', f'size=1M,mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}',
          'pgk-small-disk', folder)
    yield folder
    subprocess.run(['umount', '--lazy', folder], check=True)


def test_a_full_disk_of_the_server_is_waited_for(own_trial, small_disk):
    """It cannot put a transaction aside that it has to send, until there is more room."""
    trial = own_trial
    trial.source += " options='-c logical_decoding_work_mem=64kB'"
    trial.start()
    trial.write_and_arrive()
    trial.write(keys=10_000)
    trial.run.wait_for_log('No space left on device')

    mount('-o', 'remount,size=100M', small_disk)

    assert trial.verdict() == 0


def test_a_slot_that_was_dropped_ends_the_run(trial, database):
    trial.start()
    trial.write_and_arrive()
    trial.run.process.send_signal(signal.SIGSTOP)
    cut(database)
    database.value('SELECT pg_drop_replication_slot(%s)', [SLOT])

    trial.run.process.send_signal(signal.SIGCONT)

    assert trial.run.wait() == 3
    assert f'slot "{SLOT}" is gone' in trial.run.log()
    assert 'hint: what changed since the confirmed position is lost' in trial.run.log()


def test_a_slot_that_the_server_gives_up_under_a_run_ends_it(own_trial, own_server):
    """The endpoint takes nothing for so long that the server keeps its log no longer."""
    trial = own_trial
    with own_server.connect() as connection:
        connection.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
        connection.execute("ALTER SYSTEM SET min_wal_size = '32MB'")
        connection.execute('SELECT pg_reload_conf()')
    trial.start()
    trial.write_and_arrive()
    trial.sim.fault('throttle')
    trial.write()

    def is_given_up():
        trial.database.value("SELECT pg_logical_emit_message(false, '', 'x'), pg_switch_wal()")
        trial.database.execute('CHECKPOINT')
        return trial.database.value("SELECT wal_status = 'lost' FROM pg_replication_slots")

    wait_until(is_given_up, 'the slot to be lost')

    assert trial.run.wait() == 3
    assert f'slot "{SLOT}" is lost' in trial.run.log()
    assert 'hint: drop it with --drop, create it with --create, load the tables anew' in (
        trial.run.log())
