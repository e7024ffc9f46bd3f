"""What happens to the program itself: it is killed, stopped, starved, and its clock is wrong."""
import resource
import signal

import pytest

from memory_group import MemoryGroup
from ordeal import CATCH_UP_S, cut
from runs import SLOT, arguments
from trial import KEYS
from waiting import wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
WHEN_LEFT_S = 40  # More than a run that leaves waits for an endpoint.


def idle(trial):
    """All is delivered."""
    trial.wait_until_confirmed()


def in_the_middle_of_a_transaction(trial):
    """Some of its records are stored and acknowledged, some wait for an answer, some are not read."""
    answered = trial.sim.counters()['put_records_requests'] + 2
    trial.sim.control(stall_after=answered)
    trial.write(keys=5000)
    trial.wait_for_counter('replies_stalled')


def stored_and_not_answered(trial):
    """Every record is stored, and the program does not know it."""
    trial.wait_until_confirmed()  # What came before it does know.
    trial.sim.control(stall=True)
    stored = trial.sim.counters()['records_stored']
    trial.write()
    trial.wait_for_counter('records_stored', more_than=stored + KEYS - 1)


def between_a_partial_failure_and_its_retry(trial):
    """All of a transaction is stored and acknowledged but for one record, which failed."""
    trial.sim.control(fail_key='public.loadidn7')
    failed = trial.sim.counters()['records_failed']
    trial.write()
    trial.wait_for_counter('records_failed', more_than=failed)


def heal(trial):
    """The endpoint is well again."""
    trial.sim.control(stall=False, stall_after=0, fail_key='')


KILLED = [idle, in_the_middle_of_a_transaction, stored_and_not_answered,
          between_a_partial_failure_and_its_retry]


@pytest.mark.parametrize('moment', KILLED, ids=lambda moment: moment.__name__)
def test_a_kill_loses_nothing(trial, moment):
    trial.start('--max-memory', '1MiB')
    trial.write_and_arrive()
    moment(trial)
    assert trial.is_confirmed() == (moment is idle)

    trial.run.kill()
    heal(trial)
    trial.start()
    trial.write()

    copies = trial.verdict()
    assert (copies == 0) == (moment is idle)


def test_a_process_stopped_for_longer_than_the_servers_patience_goes_on(trial, database):
    trial.source += " options='-c wal_sender_timeout=1s'"
    trial.start()
    trial.write_and_arrive()

    trial.run.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: not database.slot_is_active(SLOT), 'the server to give the reader up')
    trial.write()
    trial.run.process.send_signal(signal.SIGCONT)

    assert trial.verdict() == 0
    assert trial.run.log().count('streaming from') == 2


@pytest.mark.slow
def test_told_to_leave_under_a_stalled_endpoint_it_leaves_the_rest_to_the_next(trial):
    trial.start()
    trial.write_and_arrive()
    stored_and_not_answered(trial)

    assert trial.run.terminate(WHEN_LEFT_S) == 0

    assert 'leaving with records undelivered: the next run delivers them' in trial.run.log()
    assert not trial.is_confirmed()
    heal(trial)
    trial.start()
    assert trial.verdict() > 0


@pytest.mark.parametrize('offset, said', [('+1h', 'ahead of'), ('-1h', 'behind')],
                         ids=['ahead', 'behind'])
def test_a_clock_that_is_an_hour_off_is_told_and_corrected(trial, offset, said):
    trial.start(env={'LD_PRELOAD': FAKETIME, 'FAKETIME': offset,
                     'FAKETIME_DONT_FAKE_MONOTONIC': '1'})
    trial.write_and_arrive()
    trial.write()

    assert trial.verdict() == 0
    assert said in trial.run.wait_for_log(r"this host's clock is .*").group()


def test_a_process_without_descriptors_goes_on_when_it_has_some(trial, database):
    """Two are left for requests, where sixteen are wanted and a connection is to be made anew."""
    trial.sim.control(delay_ms=20)
    run = trial.start(within=['prlimit', '--nofile=11:1024'])
    trial.write(keys=2000)
    run.wait_for_log('cannot deliver, trying on: .* connect')
    cut(database)
    trial.write()

    resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))

    trial.verdict()


@pytest.mark.slow
def test_a_transaction_of_two_gigabytes_passes_through_a_small_memory_group(
        pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--discard')
    database.execute('CREATE TABLE t (id int PRIMARY KEY, filler text);'
                     'ALTER TABLE t ALTER filler SET STORAGE EXTERNAL')
    with MemoryGroup(96 << 20) as group:
        run = pg_kinesis(*arguments(database, sim, '--create'), within=group.command)
        run.wait_until_streaming(database, SLOT)
        database.execute("INSERT INTO t SELECT i, repeat('x', 10000)"
                         ' FROM generate_series(1, 200000) i')

        run.wait_until_slot_passes(database, SLOT, database.current_lsn(), CATCH_UP_S)
        print(f'at most {group.most_bytes() >> 20} MiB in the group')
        assert {key for _, _, key, _ in sim.records('test')} == {
            f'public.tidn{i}' for i in range(1, 200_001)}
        assert sim.counters()['records_stored'] == 200_000
        run.kill()
