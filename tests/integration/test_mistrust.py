"""A service that refuses every record as if it were the record's fault."""
import pytest

from runs import SLOT, arguments
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


def test_a_service_that_refuses_everything_is_not_met_by_skipping_everything(
        pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    run = pg_kinesis(*arguments(database, kinesis_sim, '--create', '--refused', 'skip'))
    run.wait_until_streaming(database, SLOT)
    database.execute('INSERT INTO t VALUES (0, 0)')
    read_stream(kinesis_sim.client(), 'test', until=1)

    fault = kinesis_sim.fault(error='ValidationException')
    database.execute('INSERT INTO t SELECT i, i FROM generate_series(1, 100) i')
    run.wait_for_log('the service refuses record after record, even alone')
    fault.clear()
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    assert len(read_stream(kinesis_sim.client(), 'test', until=99)) == 99
    assert run.terminate() == 0
    assert 'skipped: refused 2\n' in run.log()
