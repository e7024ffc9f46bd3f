"""What may be done to a stream while records are written to it."""
import pytest

from streams import read_stream
from trial import KEYS

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


def open_shards(sim):
    """The shards that take records, in the order of their hash keys."""
    shards = sim.shards('test')
    parents = {parent for shard in shards for parent in shard['parents']}
    return sorted((shard for shard in shards if shard['shard'] not in parents),
                  key=lambda shard: shard['first_key'])


def split(sim):
    """The first shard becomes two."""
    shard = open_shards(sim)[0]
    middle = (shard['first_key'] + shard['last_key'] + 1) // 2
    sim.change('SplitShard', 'test', ShardToSplit=shard['shard'], NewStartingHashKey=str(middle))


def merge(sim):
    """The first two shards become one."""
    first, second = open_shards(sim)[:2]
    sim.change('MergeShards', 'test', ShardToMerge=first['shard'],
               AdjacentShardToMerge=second['shard'])


def double(sim):
    """Every shard becomes two."""
    sim.change('UpdateShardCount', 'test', TargetShardCount=2 * len(open_shards(sim)),
               ScalingType='UNIFORM_SCALING')


@pytest.mark.parametrize('change', [split, merge, double], ids=lambda change: change.__name__)
def test_shards_that_change_under_writes_keep_the_order(trial, change):
    trial.sim.control(delay_ms=20)
    trial.start()
    for _ in range(2):
        trial.write(keys=200)
        change(trial.sim)
        trial.write(keys=200)

    assert trial.verdict() == 0


def test_a_stream_that_is_updating_takes_records(trial):
    trial.sim.control(stream_status='UPDATING')
    trial.start()
    trial.write()

    assert trial.verdict() == 0


@pytest.mark.slow
def test_a_stream_that_is_deleted_and_created_anew_is_waited_for(trial):
    """What the old one held is gone with it; nothing that was not yet stored is."""
    run = trial.start()
    trial.write_and_arrive()
    trial.wait_until_confirmed()
    trial.sim.change('DeleteStream', 'test')
    trial.committed.clear()
    trial.write()
    run.wait_for_log('cannot deliver, trying on: .*ResourceNotFoundException')

    trial.sim.change('CreateStream', 'test', ShardCount=2)

    assert trial.verdict(deadline_s=60) == 0


def test_a_record_limit_that_is_lowered_is_met_as_a_refusal(trial):
    """The run knows the limit that was; the record is stored once the limit is back."""
    trial.sim.change('UpdateMaxRecordSize', 'test', MaxRecordSizeInKiB=10240)
    run = trial.start()
    trial.write_and_arrive()
    trial.sim.change('UpdateMaxRecordSize', 'test', MaxRecordSizeInKiB=1024)
    run.row_bytes_max = 3 << 20
    trial.commit('CREATE TABLE docs (id int PRIMARY KEY, body text);'
                 f"INSERT INTO docs VALUES (1, repeat('x', {run.row_bytes_max}))")

    assert run.wait() == 3
    assert 'the service refuses a record of 3145' in run.log()
    assert not trial.is_confirmed()

    trial.sim.change('UpdateMaxRecordSize', 'test', MaxRecordSizeInKiB=10240)
    trial.start().row_bytes_max = 3 << 20
    trial.wait_until_confirmed()
    sizes = [len(record['Data']) for record in read_stream(trial.sim.client(), 'test')]
    assert sum(size > 3 << 20 for size in sizes) == 1


def test_a_service_whose_clock_turns_wrong_is_followed(trial):
    run = trial.start()
    trial.write_and_arrive()

    trial.sim.control(clock_offset_s=-3600)
    trial.write()
    trial.wait_for_counter('records_stored', more_than=2 * KEYS - 1)

    trial.sim.control(clock_offset_s=0)  # For those who read.
    assert trial.verdict() == 0
    assert "this host's clock is" in run.log()
