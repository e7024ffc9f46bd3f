"""kinesis_sim's logs tell of each record what the request said, what became of it, and when."""
import time
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from sim_requests import connect, entries, signed
from sim_stream import KEY_RANGE, MIB, PUT, STREAM, shard_of


def test_the_log_tells_of_each_record_what_the_request_said(sim):
    client = sim.client()
    put = client.put_records(StreamName=STREAM, Records=[
        {'PartitionKey': 'schlüssel', 'Data': b'\x00\xff', 'ExplicitHashKey': str(KEY_RANGE - 1)},
        {'PartitionKey': 'k', 'Data': b''}])
    client.put_record(StreamName=STREAM, PartitionKey='k', Data=b'2')

    first, second, last = sorted(sim.log(STREAM), key=lambda one: (one['request'], one['data'] == b''))
    assert first['shard'] == put['Records'][0]['ShardId'] == shard_of(KEY_RANGE - 1)
    assert first['sequence'] == put['Records'][0]['SequenceNumber']
    assert (first['partition_key'], first['data']) == ('schlüssel', b'\x00\xff')
    assert first['explicit_hash_key'] == KEY_RANGE - 1
    assert first['last_key'] == KEY_RANGE - 1 and first['parents'] == []
    assert (second['explicit_hash_key'], second['data']) == (None, b'')
    assert [one['request'] for one in (first, second, last)] == [1, 1, 2]
    assert {one['reply'] for one in (first, second, last)} == {'delivered'}


def test_a_long_log_comes_in_pages(sim):
    client = sim.client()
    for i in range(12):
        client.put_record(StreamName=STREAM, Data=bytes([i]) * (MIB - 1), PartitionKey='k')
    assert [one['data'][0] for one in sim.log(STREAM)] == list(range(12))


def test_the_log_outlives_its_stream(sim):
    client = sim.client()
    client.put_records(StreamName=STREAM, Records=entries(5))
    client.delete_stream(StreamName=STREAM)
    client.create_stream(StreamName=STREAM, ShardCount=1)
    client.put_records(StreamName=STREAM, Records=entries(1, b'later'))
    assert len(sim.log(STREAM)) == 6
    assert [shard['records'] for shard in sim.shards(STREAM)][-1] == 1
    assert len(sim.records(STREAM)) == 1


def test_the_log_tells_which_replies_were_dropped(sim):
    client = sim.client(read_timeout=0.3)
    client.put_records(StreamName=STREAM, Records=entries(1))
    sim.control(drop_replies=100)
    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.put_records(StreamName=STREAM, Records=entries(1))
    sim.control(drop_replies=0, stall=True)
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        client.put_records(StreamName=STREAM, Records=entries(1))
    assert [one['reply'] for one in sim.log(STREAM)] == ['delivered', 'dropped', 'dropped']


def test_the_log_tells_which_replies_nobody_waited_for(sim):
    sim.control(delay_ms=100)
    with connect(sim) as impatient:
        impatient.sendall(b''.join(signed(sim, 'PutRecord', PUT)))
        while sim.counters()['records_stored'] == 0:
            pass
        assert sim.log(STREAM)[0]['reply'] == 'pending'
    while (reply := sim.log(STREAM)[0]['reply']) == 'pending':
        pass
    assert reply == 'broken'


@pytest.mark.parametrize('path, status', [
    ('log/0', 400), ('log/x?from=0', 400), ('log/0?from=x', 400), ('log/99?from=0', 404),
    ('log/', 400), ('log/0/0?from=0', 400)])
def test_a_log_that_is_none_is_not_told(sim, path, status):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f'{sim.url}/{path}')
    assert caught.value.code == status


def test_the_log_of_arrivals_tells_when_each_record_came(start_sim, tmp_path):
    log = tmp_path / 'arrivals'
    sim = start_sim('--log-arrivals', log)
    before = time.time_ns() // 1000
    sim.client().put_records(StreamName=STREAM, Records=entries(3))
    after = time.time_ns() // 1000
    sim.stop()
    arrivals = [line.split(' ', 1) for line in log.read_text(encoding='utf-8').splitlines()]
    assert [key for _, key in arrivals] == ['k0', 'k1', 'k2']
    assert all(before <= int(arrived) <= after for arrived, _ in arrivals)
