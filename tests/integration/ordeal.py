"""What a run must bear: a load, a stream that fails some of it, and what tests do to it besides."""
import random
import time

from load import TABLES, Load, rows
from runs import SLOT, arguments
from streams import read_stream
from verdict import journal, judge, watch

FAILED_PERCENT = 10
CATCH_UP_S = 300  # For a run to deliver what is left of a load, on a busy machine.


def reader_pid(database):
    """The server's process that the slot is read by."""
    return database.value('SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s', [SLOT])


def cut(database):
    """Ends the connection that the slot is read by, and is back when nobody reads it."""
    database.value('SELECT pg_terminate_backend(%s, 10000)', [reader_pid(database)])


class Ordeal:
    """A load on a database, a stream that fails some, and the run between them that must bear it."""

    def __init__(self, pg_kinesis, database, start_kinesis_sim, options, seed):
        self.random = random.Random(seed)
        self.database = database
        self.sim = start_kinesis_sim('--stream', 'test:4', '--drop-replies', 2, '--seed', seed)
        self.heal()
        self.pg_kinesis = pg_kinesis
        self.options = ['--create', '--retry-initial', *options]
        database.execute(TABLES + '; CREATE PUBLICATION everything FOR ALL TABLES')
        watch(database)
        self.load = Load(database, seed)
        self.begin_run()

    def begin_run(self):
        """A run that goes on where the last one was."""
        self.run = self.pg_kinesis(*arguments(self.database, self.sim, *self.options))
        self.run.wait_until_streaming(self.database, SLOT)

    def wait_for_a_moment(self, most_s):
        """Any moment: no event is to be waited for."""
        time.sleep(self.random.uniform(0.05, most_s))

    def leave_a_request_open(self):
        """From now on no request is answered, and one waits for its answer."""
        before = self.sim.counters()['replies_stalled']
        self.sim.control(stall=True)
        self.run.wait_until(lambda: self.sim.counters()['replies_stalled'] > before,
                            'a request without an answer')

    def fail_all_records(self):
        """From now on nothing is stored, and what was confirmed before its time would be lost."""
        before = self.sim.counters()['records_failed']
        self.sim.control(fail_records=100)
        self.run.wait_until(lambda: self.sim.counters()['records_failed'] > before,
                            'records that fail')

    def heal(self):
        """The endpoint is as good as it was at first."""
        self.sim.control(stall=False, fail_records=FAILED_PERCENT)

    def verdict(self):
        """The load has ended: asserts that the stream is right, and gives its records."""
        self.run.wait_until_slot_passes(self.database, SLOT, self.database.current_lsn(), CATCH_UP_S)
        records = read_stream(self.sim.client(), 'test')
        committed = journal(self.database)
        print(f'{len(committed)} changes, {len(records)} records, {self.sim.counters()}')
        unknown = self.load.committed() - {change.mark for change in committed}
        assert not unknown, f'the journal lacks {unknown}'
        assert len(committed) > 100, 'the load was none'
        problems = judge(committed, records, rows(self.database), self.load.rolled_back())
        assert not problems, '\n'.join(problems)
        return records
