"""A fault and what must come of it: a small load, the run that carries it, and the verdict.

Every change of the load can be told from every other, so the verdict is exact: what was committed
arrived, each key's changes for the first time in their order, and its last one last.
"""
from runs import SLOT, assert_first_deliveries_in_order, numbers
from streams import read_stream
from waiting import DEADLINE_S

KEYS = 40


class Trial:
    """A table whose rows are changed in rounds, and the runs that bring them into a stream.

    `sim` is where records arrive; `source` and `endpoint_url` are how runs get from the one to the
    other, which a test may turn to something in between.
    """

    def __init__(self, pg_kinesis, database, sim):
        self.pg_kinesis = pg_kinesis
        self.database = database
        self.sim = sim
        self.source = database.dsn
        self.endpoint_url = sim.url
        self.rounds = 0
        self.committed = set()  # (key, round)
        self.run = None
        database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
        self.written_lsn = database.current_lsn()

    def start(self, *options, **how):
        """A run that goes on where the last one was; it streams when this returns."""
        self.run = self.pg_kinesis('--source', self.source, '--slot', SLOT, '--stream', 'test',
                                   '--endpoint-url', self.endpoint_url, '--create', *options, **how)
        self.run.wait_for_log('streaming from slot')
        return self.run

    def write(self, keys=KEYS):
        """One transaction, which changes each of so many rows."""
        self.commit(f'INSERT INTO load SELECT i, {self.rounds}'
                    f' FROM generate_series(0, {keys - 1}) i'
                    ' ON CONFLICT (id) DO UPDATE SET n = excluded.n')
        self.committed |= {(key, self.rounds) for key in range(keys)}
        self.rounds += 1

    def commit(self, sql):
        """A transaction, of which the verdict knows no more than that it must be confirmed."""
        with self.database.connection.transaction():
            self.database.execute(sql)
            # Passed by its commit, and by nothing before that. Asked afterwards, the log might
            # have grown by what others write, autovacuum for one, which nobody need confirm.
            self.written_lsn = self.database.value('SELECT pg_current_wal_insert_lsn() + 1')

    def write_and_arrive(self):
        """A transaction that is stored before anything goes wrong."""
        stored = self.sim.counters()['records_stored']
        self.write()
        self.wait_for_counter('records_stored', more_than=stored + KEYS - 1)

    def wait_until_confirmed(self, deadline_s=DEADLINE_S):
        """Waits until the slot has passed all that was written."""
        self.run.wait_until_slot_passes(self.database, SLOT, self.written_lsn, deadline_s)

    def wait_for_counter(self, name, more_than=0):
        """Waits until something has happened at the endpoint more often than that."""
        self.run.wait_until(lambda: self.sim.counters()[name] > more_than, f'{name} to rise')

    def is_confirmed(self):
        """Whether the slot has passed all that was written."""
        return self.database.slot_has_passed(SLOT, self.written_lsn)

    def verdict(self, deadline_s=DEADLINE_S):
        """All is over: asserts that the stream is right, and returns how many copies it holds.

        Told to leave when everything has arrived, the run confirms at once what it confirms once a
        second otherwise. A relay may still hold a COMMIT back, behind rows that arrived long ago.
        """
        count = len(self.committed)
        self.run.wait_until(lambda: self.sim.counters()['records_stored'] >= count,
                            f'{count} records', deadline_s)
        client = self.sim.client()
        self.run.wait_until(lambda: self.committed <= set(numbers(read_stream(client, 'test'))),
                            'all that was committed', deadline_s)
        if self.source != self.database.dsn:
            self.wait_until_confirmed()
        assert self.run.terminate() == 0
        assert self.is_confirmed()

        found = numbers(read_stream(client, 'test'))
        assert set(found) == self.committed
        assert_first_deliveries_in_order(found)
        last = {}
        for key, n in self.committed:
            last[key] = max(n, last.get(key, 0))
        assert dict(found) == last, 'not the last change of a key is last'
        return len(found) - count
