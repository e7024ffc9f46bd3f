"""kinesis_sim's streams change while they are used, as AWS's do."""
import datetime

import pytest

from sim_process import KinesisSim
from sim_requests import connect, entries, refusal, signed

STREAM = 'rows'
KEY_RANGE = 1 << 128
MIB = 1 << 20
SHARD = 'shardId-{:012}'.format


@pytest.fixture
def sim():
    with KinesisSim().start('--stream', f'{STREAM}:2') as started:
        yield started


def put(client, hash_key, data=b'x'):
    return client.put_record(StreamName=STREAM, PartitionKey='k', Data=data,
                             ExplicitHashKey=str(hash_key))


def split(client, number, at):
    client.split_shard(StreamName=STREAM, ShardToSplit=SHARD(number), NewStartingHashKey=str(at))


def merge(client, first, second):
    client.merge_shards(StreamName=STREAM, ShardToMerge=SHARD(first),
                        AdjacentShardToMerge=SHARD(second))


def ids(shards):
    return [int(shard['ShardId'][-12:]) for shard in shards]


def test_a_split_shard_takes_no_more_and_its_children_do(sim):
    client = sim.client()
    before = put(client, 5)
    split(client, 0, 1000)
    after = [put(client, 999), put(client, 1000)]

    assert [one['ShardId'] for one in (before, *after)] == [SHARD(0), SHARD(2), SHARD(3)]
    assert all(before['SequenceNumber'] < one['SequenceNumber'] for one in after)
    closed, untouched, lower, upper = client.list_shards(StreamName=STREAM)['Shards']
    assert closed['SequenceNumberRange']['EndingSequenceNumber'] > before['SequenceNumber']
    assert 'EndingSequenceNumber' not in untouched['SequenceNumberRange']
    assert 'ParentShardId' not in untouched
    assert lower['ParentShardId'] == upper['ParentShardId'] == SHARD(0)
    assert lower['HashKeyRange'] == {'StartingHashKey': '0', 'EndingHashKey': '999'}
    assert upper['HashKeyRange'] == {'StartingHashKey': '1000',
                                     'EndingHashKey': str(KEY_RANGE // 2 - 1)}
    assert len(sim.records(STREAM)) == 3


def test_merged_shards_take_no_more_and_their_child_does(sim):
    client = sim.client()
    before = [put(client, 0), put(client, KEY_RANGE - 1)]
    merge(client, 1, 0)
    after = put(client, 7)
    assert after['ShardId'] == SHARD(2)
    assert all(one['SequenceNumber'] < after['SequenceNumber'] for one in before)
    child = client.list_shards(StreamName=STREAM)['Shards'][2]
    assert (child['ParentShardId'], child['AdjacentParentShardId']) == (SHARD(0), SHARD(1))
    assert child['HashKeyRange'] == {'StartingHashKey': '0', 'EndingHashKey': str(KEY_RANGE - 1)}


def test_a_reader_of_a_closed_shard_is_told_its_children(sim):
    client = sim.client()
    put(client, 5)
    iterator = client.get_shard_iterator(StreamName=STREAM, ShardId=SHARD(0),
                                         ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    put(client, 6)
    split(client, 0, 1000)
    page = client.get_records(ShardIterator=iterator, Limit=1)
    assert 'ChildShards' not in page
    page = client.get_records(ShardIterator=page['NextShardIterator'])
    assert len(page['Records']) == 1
    assert 'NextShardIterator' not in page
    assert [(child['ShardId'], child['ParentShards']) for child in page['ChildShards']] == [
        (SHARD(2), [SHARD(0)]), (SHARD(3), [SHARD(0)])]
    assert page['ChildShards'][0]['HashKeyRange']['EndingHashKey'] == '999'


def test_shards_are_doubled_and_halved(sim):
    client = sim.client()
    client.update_shard_count(StreamName=STREAM, TargetShardCount=4,
                              ScalingType='UNIFORM_SCALING')
    told = client.update_shard_count(StreamName=STREAM, TargetShardCount=2,
                                     ScalingType='UNIFORM_SCALING')
    assert (told['CurrentShardCount'], told['TargetShardCount']) == (4, 2)
    summary = client.describe_stream_summary(StreamName=STREAM)['StreamDescriptionSummary']
    assert summary['OpenShardCount'] == 2
    ends = [shard['HashKeyRange']['EndingHashKey'] for shard in client.list_shards(
        StreamName=STREAM, ShardFilter={'Type': 'AT_LATEST'})['Shards']]
    assert ends == [str(KEY_RANGE // 2 - 1), str(KEY_RANGE - 1)]
    assert refusal(client.update_shard_count, StreamName=STREAM, TargetShardCount=5,
                   ScalingType='UNIFORM_SCALING')[0] == 'InvalidArgumentException'


def test_shards_are_listed_by_when_they_were_open(sim):
    client = sim.client()
    split(client, 0, 1000)
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def listed(kind, **when):
        return ids(client.list_shards(StreamName=STREAM,
                                      ShardFilter={'Type': kind, **when})['Shards'])

    assert listed('AT_LATEST') == [1, 2, 3]
    assert listed('AT_TRIM_HORIZON') == [0, 1]
    assert listed('FROM_TRIM_HORIZON') == [0, 1, 2, 3]
    assert listed('AT_TIMESTAMP', Timestamp=now + day) == [1, 2, 3]
    assert listed('AT_TIMESTAMP', Timestamp=now - day) == []
    assert listed('FROM_TIMESTAMP', Timestamp=now - day) == [0, 1, 2, 3]
    assert listed('FROM_TIMESTAMP', Timestamp=now + day) == [1, 2, 3]
    first = client.list_shards(StreamName=STREAM, MaxResults=2, ShardFilter={'Type': 'AT_LATEST'})
    rest = client.list_shards(NextToken=first['NextToken'])
    assert ids(first['Shards']) + ids(rest['Shards']) == [1, 2, 3]
    assert 'NextToken' not in rest


def test_a_change_that_cannot_be_is_refused(sim):
    client = sim.client()
    for at in ('0', str(KEY_RANGE // 2), '01', 'x', str(KEY_RANGE)):
        assert sim.call('SplitShard', StreamName=STREAM, ShardToSplit=SHARD(0),
                        NewStartingHashKey=at)['__type'] == 'InvalidArgumentException'
    split(client, 0, 1000)
    assert refusal(client.split_shard, StreamName=STREAM, ShardToSplit=SHARD(0),
                   NewStartingHashKey='7')[1].startswith(
        'Shard shardId-000000000000 in stream rows under account 000000000000 has already been '
        'merged or split')
    assert refusal(client.merge_shards, StreamName=STREAM, ShardToMerge=SHARD(2),
                   AdjacentShardToMerge=SHARD(1))[0] == 'InvalidArgumentException'
    assert refusal(client.split_shard, StreamName=STREAM, ShardToSplit=SHARD(9),
                   NewStartingHashKey='7')[0] == 'ResourceNotFoundException'
    for operation in ('SplitShard', 'MergeShards', 'UpdateShardCount', 'UpdateMaxRecordSize',
                      'UpdateStreamRecordDistributionStrategy'):
        assert sim.call(operation, StreamName=STREAM)['__type'] == 'ValidationException'


def test_the_log_tells_of_parents_and_goes_on_in_children(sim):
    client = sim.client()
    put(client, 5, b'0')
    split(client, 0, 1000)
    put(client, 5, b'1')
    merge(client, 2, 3)
    put(client, 5, b'2')
    log = sorted(sim.log(STREAM), key=lambda one: one['sequence'])
    assert [(one['data'], one['parents'], one['last_key']) for one in log] == [
        (b'0', [], KEY_RANGE // 2 - 1), (b'1', [SHARD(0)], 999),
        (b'2', [SHARD(2), SHARD(3)], KEY_RANGE // 2 - 1)]


def test_a_stream_made_again_is_empty_and_not_there_before(sim):
    client = sim.client()
    old = put(client, 5)
    client.delete_stream(StreamName=STREAM)
    assert refusal(client.put_records, StreamName=STREAM, Records=entries(1))[0] == (
        'ResourceNotFoundException')
    client.create_stream(StreamName=STREAM, ShardCount=1)
    assert sim.records(STREAM) == []
    assert put(client, 5)['SequenceNumber'] > old['SequenceNumber']
    assert len(sim.log(STREAM)) == 2


def status(sim):
    return sim.call('DescribeStreamSummary',
                    StreamName=STREAM)['StreamDescriptionSummary']['StreamStatus']


def test_changes_last_as_long_as_they_are_told_to(sim):
    client = sim.client()
    sim.control(change_ms=3_600_000)
    split(client, 0, 1000)
    assert status(sim) == 'UPDATING'
    assert put(client, 5)['ShardId'] == SHARD(2)  # It is written all the while.
    assert refusal(client.split_shard, StreamName=STREAM, ShardToSplit=SHARD(2),
                   NewStartingHashKey='7') == (
        'ResourceInUseException',
        'Stream rows under account 000000000000 not ACTIVE, instead in state UPDATING')

    client.create_stream(StreamName='later', ShardCount=1)
    assert refusal(client.put_record, StreamName='later', PartitionKey='k', Data=b'')[0] == (
        'ResourceNotFoundException')
    assert refusal(client.delete_stream, StreamName='later')[0] == 'ResourceInUseException'


def test_a_stream_is_deleted_after_a_while(sim):
    client = sim.client()
    sim.control(change_ms=300)
    client.delete_stream(StreamName=STREAM)
    assert status(sim) == 'DELETING'
    assert refusal(client.put_records, StreamName=STREAM, Records=entries(1)) == (
        'ResourceNotFoundException', 'Stream rows under account 000000000000 not found.')
    assert refusal(client.create_stream, StreamName=STREAM, ShardCount=1)[0] == (
        'ResourceInUseException')
    client.get_waiter('stream_not_exists').wait(
        StreamName=STREAM, WaiterConfig={'Delay': 0.05, 'MaxAttempts': 100})
    client.create_stream(StreamName=STREAM, ShardCount=1)
    assert status(sim) == 'CREATING'
    client.get_waiter('stream_exists').wait(
        StreamName=STREAM, WaiterConfig={'Delay': 0.05, 'MaxAttempts': 100})
    put(client, 5)


def test_the_limit_of_records_is_lowered_and_raised(sim):
    client = sim.client()
    sim.change('UpdateMaxRecordSize', STREAM, MaxRecordSizeInKiB=2048)
    put(client, 5, bytes(2 * MIB - 1))
    sim.change('UpdateMaxRecordSize', STREAM, MaxRecordSizeInKiB=1024)
    assert refusal(client.put_record, StreamName=STREAM, PartitionKey='k',
                   Data=bytes(2 * MIB - 1))[0] == 'ValidationException'
    with pytest.raises(RuntimeError, match='ValidationException'):
        sim.change('UpdateMaxRecordSize', STREAM, MaxRecordSizeInKiB=1023)


def test_a_stream_can_come_to_place_records_as_it_likes(sim):
    client = sim.client()

    def strategy():
        return sim.call('DescribeStreamSummary', StreamName=STREAM)[
            'StreamDescriptionSummary'].get('RecordDistributionStrategy')

    assert strategy() is None
    sim.change('UpdateStreamRecordDistributionStrategy', STREAM,
               RecordDistributionStrategy='AUTO')
    assert strategy() == 'AUTO'
    assert {put(client, 5)['ShardId'] for _ in range(30)} == {SHARD(0), SHARD(1)}
    sim.change('UpdateStreamRecordDistributionStrategy', STREAM,
               RecordDistributionStrategy='USER_PARTITION_KEY')
    assert strategy() is None
    assert {put(client, 5)['ShardId'] for _ in range(30)} == {SHARD(0)}


@pytest.mark.parametrize('offset_s, complaint', [
    (310, 'Signature expired: '), (-310, 'Signature not yet current: ')])
def test_a_service_with_another_clock_refuses_signatures_and_tells_its_time(
        sim, offset_s, complaint):
    sim.control(clock_offset_s=offset_s)
    code, text = refusal(sim.client().list_streams)
    assert (code, text[:len(complaint)]) == ('InvalidSignatureException', complaint)
    with connect(sim) as connection:
        connection.sendall(b''.join(signed(sim, 'ListStreams', b'{}')))
        head = connection.recv(65536).decode()
    told = datetime.datetime.strptime(head.split('\r\nDate: ')[1].split('\r\n')[0],
                                      '%a, %d %b %Y %H:%M:%S GMT')
    assert abs((told - datetime.datetime.utcnow()).total_seconds() - offset_s) < 30

    sim.control(clock_offset_s=290 if offset_s > 0 else -290)
    sim.client().list_streams()
