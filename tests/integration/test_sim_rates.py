"""What goes wrong with kinesis_sim at standing rates, by option or through its control door."""
import time

import botocore.exceptions
import pytest

from sim_requests import connect, entries, exchange, signed
from sim_stream import PUT, STREAM


def test_failed_records_are_not_stored(start_sim):
    sim = start_sim('--fail-records', 30, '--seed', 7)
    put = sim.client().put_records(StreamName=STREAM, Records=entries(500))
    failed = [one for one in put['Records'] if 'ErrorCode' in one]
    assert put['FailedRecordCount'] == len(failed)
    assert 100 < len(failed) < 200
    assert {one['ErrorCode'] for one in failed} == {
        'InternalFailure', 'ProvisionedThroughputExceededException'}
    stored = {f'k{i}' for i, one in enumerate(put['Records']) if 'ErrorCode' not in one}
    assert {key for _, _, key, _ in sim.records(STREAM)} == stored
    assert sim.counters()['records_failed'] == len(failed)


def test_a_seed_repeats_its_faults(start_sim):
    def failures(seed):
        client = start_sim('--fail-records', 50, '--seed', seed).client()
        put = client.put_records(StreamName=STREAM, Records=entries(200))
        return [one.get('ErrorCode') for one in put['Records']]

    assert failures(1) == failures(1)
    assert failures(1) != failures(2)


def test_a_dropped_reply_leaves_its_records_stored(sim):
    client = sim.client()
    sim.control(drop_replies=100)
    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.put_records(StreamName=STREAM, Records=entries(3))
    counters = sim.control(drop_replies=0)
    assert counters['replies_dropped'] == 1
    client.put_records(StreamName=STREAM, Records=entries(1))
    assert len(sim.records(STREAM)) == 4


def test_a_delay_holds_one_connection_and_not_the_others(sim):
    sim.control(delay_ms=3_600_000)
    with connect(sim) as waiting:
        waiting.sendall(b''.join(signed(sim, 'PutRecord', PUT)))
        # The control door answers while the other waits, and says that the record is stored.
        while sim.counters()['records_stored'] == 0:
            pass
        sim.control(delay_ms=0)
        assert exchange(sim, *signed(sim, 'PutRecord', PUT))[0] == 200
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


def test_a_delayed_answer_comes(sim):
    sim.control(delay_ms=50)
    before = time.monotonic()
    sim.client().list_streams()
    assert time.monotonic() - before >= 0.05


def test_after_a_stall_nothing_is_answered(start_sim):
    sim = start_sim('--stall-after', 2)
    client = sim.client(read_timeout=0.3)
    for _ in range(2):
        client.put_records(StreamName=STREAM, Records=entries(1))
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        client.put_records(StreamName=STREAM, Records=entries(1))
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        client.list_streams()
    assert sim.counters()['replies_stalled'] == 2
    sim.control(stall_after=0)
    client.list_streams()


def fates(sim, count=40):
    """Records of as many keys: which were stored, and the errors and shards of the others."""
    client = sim.client()
    put = client.put_records(StreamName=STREAM, Records=entries(count))
    stored = {key for _, _, key, _ in sim.records(STREAM)}
    return stored, {f'k{i}': one['ErrorCode'] for i, one in enumerate(put['Records'])
                    if 'ErrorCode' in one}


def test_one_key_can_fail_while_others_flow(sim):
    sim.control(fail_key='k7')
    stored, errors = fates(sim)
    assert errors == {'k7': 'InternalFailure'}
    assert stored == {f'k{i}' for i in range(40)} - {'k7'}
    assert sim.control(fail_key='')['faults']['fail_key'] == ''
    assert fates(sim)[1] == {}


def test_one_shard_can_take_nothing_while_others_do(sim):
    sim.control(throttle_shard=1)
    _, errors = fates(sim)
    assert set(errors.values()) == {'ProvisionedThroughputExceededException'}
    assert 'shardId-000000000001' not in {shard for shard, *_ in sim.records(STREAM)}
    sim.control(throttle_shard=-1)
    assert fates(sim)[1] == {}


def test_a_mistyped_fault_is_refused(sim):
    with pytest.raises(Exception, match='400'):
        sim.control(fail_record=1)
    with pytest.raises(Exception, match='400'):
        sim.control(fail_records=101)
