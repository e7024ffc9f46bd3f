"""Faults that take long to bear: run by script/test --faults.

How long is told by the environment: PGK_FAULT_KILLS (20), PGK_FAULT_CUTS (20), PGK_FAULT_RESTARTS
(10), and PGK_FAULT_SEED, which is drawn and shown unless given.
"""
import collections
import os
import random
import signal
import time

import pytest

from load import TABLES, Load, rows
from runs import SLOT, arguments, numbers
from streams import read_stream
from verdict import delivery, journal, judge, watch
from waiting import wait_until

KILLS = int(os.environ.get('PGK_FAULT_KILLS', '20'))
CUTS = int(os.environ.get('PGK_FAULT_CUTS', '20'))
RESTARTS = int(os.environ.get('PGK_FAULT_RESTARTS', '10'))
SEED = int(os.environ.get('PGK_FAULT_SEED', random.randrange(1 << 32)))

CATCH_UP_S = 120  # For a run to deliver what is left of a load, on a busy machine.

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


class Ordeal:
    """A load on a database, a stream that fails some, and the run between them that must bear it."""

    def __init__(self, pg_kinesis, database, start_kinesis_sim):
        print(f'PGK_FAULT_SEED={SEED}')
        self.random = random.Random(SEED)
        self.database = database
        self.sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 10,
                                     '--drop-replies', 2, '--seed', SEED)
        self.pg_kinesis = pg_kinesis
        database.execute(TABLES)
        watch(database)
        self.load = Load(database, SEED)
        self.begin_run()

    def begin_run(self):
        """A run that goes on where the last one was."""
        self.run = self.pg_kinesis(*arguments(self.database, self.sim, '--create',
                                              '--retry-initial'))
        self.run.wait_until_streaming(self.database, SLOT)

    def wait_for_a_moment(self, most_s):
        """Any moment: no event is to be waited for."""
        time.sleep(self.random.uniform(0.05, most_s))

    def verdict(self):
        """The load has ended: asserts that the stream is right, and gives its records."""
        self.run.wait_until_slot_passes(self.database, SLOT, self.database.current_lsn(), CATCH_UP_S)
        records = read_stream(self.sim.client(), 'test')
        committed = journal(self.database)
        assert self.load.committed() <= {change.mark for change in committed}
        assert len(committed) > 100
        print(f'{len(committed)} changes, {len(records)} records, {self.sim.counters()}')
        problems = judge(committed, records, rows(self.database), self.load.rolled_back())
        assert problems == []
        return records


@pytest.fixture
def ordeal(pg_kinesis, database, start_kinesis_sim):
    """An ordeal with its first run."""
    return Ordeal(pg_kinesis, database, start_kinesis_sim)


def cut(database):
    """Ends the connection that the slot is read by, and is back when nobody reads it."""
    pid = database.value('SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s', [SLOT])
    database.value('SELECT pg_terminate_backend(%s, 10000)', [pid])


def leave_a_request_open(ordeal):
    """From now on no request is answered, and one waits for its answer."""
    before = ordeal.sim.counters()['replies_stalled']
    ordeal.sim.control(stall=True)
    ordeal.run.wait_until(lambda: ordeal.sim.counters()['replies_stalled'] > before,
                          'a request without an answer')


def causes_of_copies(records, kills):
    """Those of the kills, by number, before and after which a change was delivered."""
    runs = collections.defaultdict(set)
    for record in records:
        arrived = record['ApproximateArrivalTimestamp'].timestamp()
        runs[delivery(record).change].add(sum(at < arrived for at in kills))
    return set().union(*(range(min(seen), max(seen)) for seen in runs.values()))


def test_kills_lose_nothing(ordeal):
    kills, open_requests = [], 0
    with ordeal.load:
        for number in range(KILLS):
            ordeal.wait_for_a_moment(1.5)
            if number % 2:
                leave_a_request_open(ordeal)
                open_requests += 1
            ordeal.run.kill()
            kills.append(time.time())
            ordeal.sim.control(stall=False)
            ordeal.begin_run()
        ordeal.wait_for_a_moment(1.5)

    records = ordeal.verdict()

    assert open_requests >= KILLS // 4
    copies = causes_of_copies(records, kills)
    print(f'{KILLS} kills, {open_requests} with a request open, {len(copies)} that caused copies')
    assert len(copies) >= KILLS // 4


def test_a_walsender_that_is_ended_again_and_again_loses_nothing(ordeal):
    with ordeal.load:
        for _ in range(CUTS):
            ordeal.run.wait_until_streaming(ordeal.database, SLOT)
            ordeal.wait_for_a_moment(1.5)
            cut(ordeal.database)

    ordeal.verdict()

    assert ordeal.run.log().count('streaming from slot') == CUTS + 1


def test_a_server_that_crashes_again_and_again_loses_nothing(ordeal, postgres):
    with ordeal.load:
        for _ in range(RESTARTS):
            ordeal.wait_for_a_moment(2)
            ordeal.database.connection.close()
            postgres.shut_down(signal.SIGQUIT)
            postgres.start()
            ordeal.database.connection = ordeal.database.connect()
            ordeal.run.wait_until_streaming(ordeal.database, SLOT, CATCH_UP_S)
        ordeal.wait_for_a_moment(2)

    ordeal.verdict()
