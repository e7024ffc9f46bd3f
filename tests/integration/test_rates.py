"""How fast shards with AWS's limits are filled, and how much is sent in vain: figures, and facts.

Run by script/test --faults. How long is told by the environment: PGK_RATE_S (60) to measure at the
shards' pace, PGK_FAULT_CLOSED_S (20) with one of them closed.
"""
import os
import time

import pytest

from runs import SLOT, arguments
from waiting import wait_until

MEASURED_S = float(os.environ.get('PGK_RATE_S', '60'))
CLOSED_S = float(os.environ.get('PGK_FAULT_CLOSED_S', '20'))

SHARDS = 16
CLOSED = 3
SHARD_BYTES_A_S = 1 << 20
RECORD_BYTES = 1100
BURST_S = 5  # Until what shards had saved up is spent, and that is noticed.

pytestmark = [pytest.mark.slow,
              pytest.mark.parametrize('postgres', ['15'], indirect=True)]


def fill(database, seconds):
    """A slot with a backlog of records of RECORD_BYTES that lasts so long."""
    database.execute('CREATE TABLE r (id int PRIMARY KEY, a text)')
    database.value('SELECT pg_create_logical_replication_slot(%s, %s)', [SLOT, 'test_decoding'])
    rows = int(seconds * SHARDS * SHARD_BYTES_A_S / RECORD_BYTES)
    database.execute(f"""DO $$ BEGIN
        FOR start IN 1..{rows} BY 1000 LOOP
            INSERT INTO r SELECT i, left(repeat(md5(i::text), 28), 880)
                FROM generate_series(start, start + 999) i;
            COMMIT;
        END LOOP; END $$""")


class Pace:
    """What the shards are given from now on."""

    def __init__(self, sim):
        self.sim = sim
        self.began = time.monotonic()
        self.stored = self._stored()
        self.throttled = sim.counters()['records_throttled']

    def _stored(self):
        return [shard['records'] for shard in self.sim.shards('test')]

    def measured(self, what, closed=None):
        """(records a second of each shard, throttled percent of all answers). Tells of all shards
        but one that is closed."""
        stored = [now - before for now, before in zip(self._stored(), self.stored)]
        throttled = self.sim.counters()['records_throttled'] - self.throttled
        seconds = time.monotonic() - self.began
        rates = [count / seconds for count in stored]
        percent = 100 * throttled / (throttled + sum(stored))
        told = [rate for shard, rate in enumerate(rates) if shard != closed]
        print(f'{what}: {min(told):.0f} to {max(told):.0f} records a second and shard for '
              f'{seconds:.0f} s, {percent:.1f} % throttled')
        return rates, percent


def test_shards_with_limits_are_filled_and_a_closed_one_slows_no_other(
        pg_kinesis, database, start_kinesis_sim):
    fill(database, BURST_S + MEASURED_S + CLOSED_S + 20)
    sim = start_kinesis_sim('--stream', f'test:{SHARDS}', '--limits', '--discard', '--delay', 20)
    pg_kinesis(*arguments(database, sim))
    wait_until(lambda: sim.counters()['records_stored'], 'the first records')
    time.sleep(BURST_S)

    pace = Pace(sim)
    time.sleep(MEASURED_S)
    _, percent = pace.measured('all shards open')
    assert percent < 5

    sim.control(throttle_shard=CLOSED)
    pace = Pace(sim)
    time.sleep(CLOSED_S)
    rates, percent = pace.measured('one shard closed, the others', CLOSED)
    assert rates[CLOSED] < min(rate for i, rate in enumerate(rates) if i != CLOSED)
    assert percent < 5

    sim.control(throttle_shard=-1)
    pace = Pace(sim)
    time.sleep(BURST_S)
    rates, _ = pace.measured('open again')
    assert rates[CLOSED] > 0
    counters = sim.counters()
    print(f'{counters["bytes_stored"] / counters["records_stored"]:.0f} bytes a record')
