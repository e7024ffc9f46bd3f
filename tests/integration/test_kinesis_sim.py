"""kinesis_sim judged by clients that were not written for it: boto3 and aws."""
import base64
import concurrent.futures
import datetime
import json
import subprocess
import time

import pytest

from sim_process import KinesisSim, KEY_ID
from sim_requests import call, entries, lax, refusal
from sim_stream import KEY_RANGE, KIB, MIB, SHARDS, STREAM, shard_of, shard_of_key


# --- What it does ---------------------------------------------------------------------------------

def test_a_record_put_is_read_back(sim):
    client = sim.client()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(milliseconds=1)

    put = client.put_record(StreamName=STREAM, Data=b'\x00\xff\n', PartitionKey='schlüssel')

    assert put['ShardId'] == shard_of_key('schlüssel')
    iterator = client.get_shard_iterator(StreamName=STREAM, ShardId=put['ShardId'],
                                         ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    got = client.get_records(ShardIterator=iterator)
    [record] = got['Records']
    assert record['Data'] == b'\x00\xff\n'
    assert record['PartitionKey'] == 'schlüssel'
    assert record['SequenceNumber'] == put['SequenceNumber']
    assert before <= record['ApproximateArrivalTimestamp']
    assert got['MillisBehindLatest'] == 0
    assert got['NextShardIterator'] != iterator


def test_records_lie_where_the_md5_of_their_keys_says(sim):
    client = sim.client()
    put = client.put_records(StreamName=STREAM, Records=entries(500))
    assert put['FailedRecordCount'] == 0
    for i, result in enumerate(put['Records']):
        assert result['ShardId'] == shard_of_key(f'k{i}')
    placed = {(key, shard) for shard, _, key, _ in sim.records(STREAM)}
    assert placed == {(f'k{i}', shard_of_key(f'k{i}')) for i in range(500)}


def test_an_explicit_hash_key_overrides_the_partition_key(sim):
    client = sim.client()
    numbers = [0, KEY_RANGE - 1]
    for shard in range(1, SHARDS):
        numbers += [shard * (KEY_RANGE // SHARDS) - 1, shard * (KEY_RANGE // SHARDS)]
    put = client.put_records(StreamName=STREAM, Records=[
        {'PartitionKey': 'a', 'Data': b'', 'ExplicitHashKey': str(number)} for number in numbers])
    assert [one['ShardId'] for one in put['Records']] == [shard_of(number) for number in numbers]


def test_sequence_numbers_have_56_digits_and_grow(sim):
    client = sim.client()
    last = {}
    for _ in range(20):
        for result in client.put_records(StreamName=STREAM, Records=entries(50))['Records']:
            number = result['SequenceNumber']
            assert len(number) == 56
            assert number > last.get(result['ShardId'], '')
            last[result['ShardId']] = number


def test_a_stream_is_found_by_its_arn(sim):
    arn = sim.client(region='eu-central-1').describe_stream_summary(
        StreamName=STREAM)['StreamDescriptionSummary']['StreamARN']
    assert arn == f'arn:aws:kinesis:eu-central-1:000000000000:stream/{STREAM}'
    record = {'PartitionKey': 'k', 'Data': ''}
    assert call(sim, 'PutRecords', StreamARN=arn, Records=[record])['FailedRecordCount'] == 0
    assert call(sim, 'PutRecord', StreamARN=arn, StreamName=STREAM, **record)['ShardId']
    assert len(call(sim, 'ListShards', StreamARN=arn)['Shards']) == SHARDS
    assert call(sim, 'PutRecord', StreamARN=arn, StreamName='other', **record)['__type'] == (
        'InvalidArgumentException')
    assert call(sim, 'PutRecord', StreamARN='rows', **record)['__type'] == 'ValidationException'
    assert call(sim, 'PutRecord', **record)['__type'] == 'InvalidArgumentException'
    assert len(sim.records(STREAM)) == 2


def test_streams_are_made_described_listed_and_deleted(sim):
    client = sim.client()
    client.create_stream(StreamName='later', ShardCount=2)
    client.create_stream(StreamName='elastic', StreamModeDetails={'StreamMode': 'ON_DEMAND'})
    client.get_waiter('stream_exists').wait(StreamName='later')

    listed = client.list_streams()
    assert listed['StreamNames'] == ['elastic', 'later', STREAM]
    assert not listed['HasMoreStreams']
    described = client.describe_stream(StreamName='later')['StreamDescription']
    assert described['StreamStatus'] == 'ACTIVE'
    assert described['EncryptionType'] == 'NONE'
    assert len(described['Shards']) == 2
    assert not described['HasMoreShards']
    summary = client.describe_stream_summary(StreamName='elastic')['StreamDescriptionSummary']
    assert summary['StreamModeDetails'] == {'StreamMode': 'ON_DEMAND'}
    assert summary['OpenShardCount'] == 4
    assert 'RecordDistributionStrategy' not in summary

    assert refusal(client.create_stream, StreamName='later', ShardCount=1) == (
        'ResourceInUseException', 'Stream later under account 000000000000 already exists.')
    client.delete_stream(StreamName='later')
    assert refusal(client.delete_stream, StreamName='later') == (
        'ResourceNotFoundException', 'Stream later under account 000000000000 not found.')
    assert refusal(client.put_records, StreamName='later', Records=entries(1))[0] == (
        'ResourceNotFoundException')


def test_lists_come_in_pages(sim):
    client = sim.client()
    for i in range(5):
        client.create_stream(StreamName=f's{i}', ShardCount=5)
    names = []
    for page in client.get_paginator('list_streams').paginate(PaginationConfig={'PageSize': 2}):
        names += page['StreamNames']
    assert names == [STREAM] + [f's{i}' for i in range(5)]

    first = client.list_shards(StreamName='s0', MaxResults=2)
    second = client.list_shards(NextToken=first['NextToken'], MaxResults=2)
    third = client.list_shards(NextToken=second['NextToken'])
    assert 'NextToken' not in third
    found = [shard['ShardId'] for page in (first, second, third) for shard in page['Shards']]
    assert found == [f'shardId-{i:012}' for i in range(5)]
    assert refusal(client.list_shards, StreamName='s0', NextToken=first['NextToken']) == (
        'InvalidArgumentException', 'NextToken and StreamName cannot be provided together.')
    assert refusal(client.list_shards, NextToken='AAAA')[0] == 'InvalidArgumentException'

    assert len(client.list_shards(
        StreamName='s0', ShardFilter={'Type': 'AT_LATEST'})['Shards']) == 5
    assert len(client.list_shards(StreamName='s0', ShardFilter={
        'Type': 'AFTER_SHARD_ID', 'ShardId': 'shardId-000000000003'})['Shards']) == 1
    assert len(client.list_shards(
        StreamName='s0', ExclusiveStartShardId='shardId-000000000001')['Shards']) == 3
    pages = client.get_paginator('describe_stream').paginate(
        StreamName='s0', PaginationConfig={'PageSize': 2})
    assert sum(len(page['StreamDescription']['Shards']) for page in pages) == 5


# --- Reading --------------------------------------------------------------------------------------

def put_in_turn(sim, count):
    """Put records one by one into shard 0; returns their sequence numbers."""
    client = sim.client()
    return [client.put_record(StreamName=STREAM, Data=str(i).encode(), PartitionKey='k',
                              ExplicitHashKey='0')['SequenceNumber'] for i in range(count)]


def read_from(sim, kind, limit=10000, **where):
    client = sim.client()
    iterator = client.get_shard_iterator(
        StreamName=STREAM, ShardId='shardId-000000000000', ShardIteratorType=kind,
        **where)['ShardIterator']
    page = client.get_records(ShardIterator=iterator, Limit=limit)
    return [int(record['Data']) for record in page['Records']], page


def test_the_five_types_of_iterators(sim):
    numbers = put_in_turn(sim, 5)
    _, page = read_from(sim, 'TRIM_HORIZON')
    arrived = [record['ApproximateArrivalTimestamp'] for record in page['Records']]

    assert read_from(sim, 'TRIM_HORIZON')[0] == [0, 1, 2, 3, 4]
    assert read_from(sim, 'LATEST')[0] == []
    assert read_from(sim, 'AT_SEQUENCE_NUMBER', StartingSequenceNumber=numbers[2])[0] == [2, 3, 4]
    assert read_from(sim, 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber=numbers[2])[0] == [3, 4]
    # boto3 sends whole seconds of a timestamp; the service takes milliseconds.
    then = arrived[3].timestamp()
    iterator = call(sim, 'GetShardIterator', StreamName=STREAM, ShardId='shardId-000000000000',
                    ShardIteratorType='AT_TIMESTAMP', Timestamp=then)['ShardIterator']
    got = sim.client().get_records(ShardIterator=iterator)['Records']
    assert [int(one['Data']) for one in got] == [0, 1, 2, 3, 4][arrived.index(arrived[3]):]
    assert read_from(sim, 'AT_TIMESTAMP', Timestamp=int(then) - 10)[0] == [0, 1, 2, 3, 4]
    start = sim.client().list_shards(StreamName=STREAM)['Shards'][0]['SequenceNumberRange']
    for kind in ('AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'):
        assert read_from(sim, kind, StartingSequenceNumber=start['StartingSequenceNumber'])[0] == [
            0, 1, 2, 3, 4]


def test_latest_gives_what_comes_later(sim):
    put_in_turn(sim, 2)
    _, page = read_from(sim, 'LATEST')
    put_in_turn(sim, 1)
    got = sim.client().get_records(ShardIterator=page['NextShardIterator'])
    assert [record['Data'] for record in got['Records']] == [b'0']


def test_a_limit_cuts_a_page(sim):
    put_in_turn(sim, 5)
    found, page = read_from(sim, 'TRIM_HORIZON', limit=2)
    assert found == [0, 1]
    assert page['MillisBehindLatest'] >= 0
    page = sim.client().get_records(ShardIterator=page['NextShardIterator'])
    assert [int(record['Data']) for record in page['Records']] == [2, 3, 4]


def test_a_page_holds_ten_mebibytes(sim):
    client = sim.client()
    for _ in range(12):
        client.put_record(StreamName=STREAM, Data=bytes(MIB - 1), PartitionKey='k')
    shard = shard_of_key('k')
    iterator = client.get_shard_iterator(
        StreamName=STREAM, ShardId=shard, ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    page = client.get_records(ShardIterator=iterator)
    assert len(page['Records']) == 10
    assert len(client.get_records(ShardIterator=page['NextShardIterator'])['Records']) == 2


def test_iterators_are_refused_with_a_reason(sim):
    client = sim.client()
    [number] = put_in_turn(sim, 1)

    def ask(**parameters):
        return refusal(lax(sim).get_shard_iterator, StreamName=STREAM, **parameters)

    assert ask(ShardId='shardId-000000000009', ShardIteratorType='LATEST') == (
        'ResourceNotFoundException',
        'Shard shardId-000000000009 in stream rows under account 000000000000 does not exist')
    assert ask(ShardId='nine', ShardIteratorType='LATEST') == (
        'ResourceNotFoundException',
        'Could not find shard nine in stream rows under account 000000000000.')
    assert ask(ShardId='shardId-000000000001', ShardIteratorType='AT_SEQUENCE_NUMBER',
               StartingSequenceNumber=number) == (
        'InvalidArgumentException',
        'Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a '
        'call to a shard with shardId-000000000001')
    assert ask(ShardId='shardId-000000000000', ShardIteratorType='AT_SEQUENCE_NUMBER',
               StartingSequenceNumber='5')[1] == (
        'StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000000 in '
        'stream rows under account 000000000000 is invalid.')
    assert 'and no StartingSequenceNumber.' in ask(
        ShardId='shardId-000000000000', ShardIteratorType='AT_SEQUENCE_NUMBER')[1]
    assert 'cannot be greater than the currentTimestampInMillis' in ask(
        ShardId='shardId-000000000000', ShardIteratorType='AT_TIMESTAMP',
        Timestamp=time.time() + 3600)[1]
    assert ask(ShardId='shardId-000000000000', ShardIteratorType='NEWEST')[0] == (
        'ValidationException')
    assert refusal(client.get_records, ShardIterator='AAAA') == (
        'InvalidArgumentException', 'Invalid ShardIterator.')
    old = base64.b64encode(f'{int(time.time() - 301) * 1000}/rows/1/0/0'.encode()).decode()
    assert refusal(client.get_records, ShardIterator=old)[0] == 'ExpiredIteratorException'


def test_an_iterator_does_not_outlive_its_stream(sim):
    client = sim.client()
    _, page = read_from(sim, 'TRIM_HORIZON')
    client.delete_stream(StreamName=STREAM)
    for _ in range(2):  # Also when another stream has taken its name.
        assert refusal(client.get_records, ShardIterator=page['NextShardIterator']) == (
            'ResourceNotFoundException',
            'Shard shardId-000000000000 in stream rows under account 000000000000 does not exist')
        if not client.list_streams()['StreamNames']:
            client.create_stream(StreamName=STREAM, ShardCount=1)


# --- The program ----------------------------------------------------------------------------------

def aws(sim, *arguments):
    return subprocess.run(
        ['/usr/bin/aws', '--endpoint-url', sim.url, 'kinesis', *arguments],
        env=sim.environment(), capture_output=True, text=True, timeout=60)


def test_the_aws_command_works_unchanged(sim):
    assert aws(sim, 'create-stream', '--stream-name', 'cli', '--shard-count', '1').returncode == 0
    assert aws(sim, 'wait', 'stream-exists', '--stream-name', 'cli').returncode == 0
    put = json.loads(aws(sim, 'put-records', '--stream-name', 'cli', '--records',
                         'Data=aGVsbG8=,PartitionKey=a', 'Data=d29ybGQ=,PartitionKey=b').stdout)
    assert put['FailedRecordCount'] == 0
    shard = json.loads(aws(sim, 'list-shards', '--stream-name', 'cli').stdout)['Shards'][0]
    iterator = json.loads(aws(
        sim, 'get-shard-iterator', '--stream-name', 'cli', '--shard-id', shard['ShardId'],
        '--shard-iterator-type', 'TRIM_HORIZON').stdout)['ShardIterator']
    got = json.loads(aws(sim, 'get-records', '--shard-iterator', iterator).stdout)
    assert [record['Data'] for record in got['Records']] == ['aGVsbG8=', 'd29ybGQ=']
    missing = aws(sim, 'describe-stream', '--stream-name', 'nowhere')
    assert missing.returncode != 0
    assert ('(ResourceNotFoundException) when calling the DescribeStream operation: Stream nowhere '
            'under account 000000000000 not found.') in missing.stderr


def test_other_credentials_can_be_set(start_sim):
    sim = start_sim('--credentials', f'{KEY_ID}:another:with:colons')
    sim.client(secret='another:with:colons').list_streams()
    assert refusal(sim.client().list_streams)[0] == 'InvalidSignatureException'


def test_discarded_data_leaves_keys_and_numbers(start_sim):
    sim = start_sim('--discard')
    put = sim.client().put_records(StreamName=STREAM, Records=entries(10, bytes(KIB)))
    stored = sorted((number, key, data) for _, number, key, data in sim.records(STREAM))
    assert stored == sorted(
        (one['SequenceNumber'], f'k{i}', b'') for i, one in enumerate(put['Records']))
    assert sim.counters()['bytes_stored'] == 10 * (KIB + 2)
    assert refusal(sim.client().put_record, StreamName=STREAM, Data=bytes(2 * MIB),
                   PartitionKey='k')[0] == 'ValidationException'


def test_many_clients_are_served_at_once(sim):
    def put(worker):
        client = sim.client()
        for i in range(20):
            client.put_record(StreamName=STREAM, Data=b'', PartitionKey=f'{worker}/{i}')

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(8)))
    assert len({key for _, _, key, _ in sim.records(STREAM)}) == 160


def test_it_stops_with_a_summary(sim):
    sim.client().put_records(StreamName=STREAM, Records=entries(2))
    assert sim.stop() == 0
    assert sim.summary == ('kinesis_sim: 1 requests, 0 refused, 0 with a wrong signature, 2 '
                           'records stored, 0 failed, 0 throttled, 0 replies dropped\n')


@pytest.mark.parametrize('arguments', [
    ['--unknown'], ['--port', '65536'], ['--stream', 'x'], ['--stream', 'a b:1'],
    ['--stream', 'x:0'], ['--stream', 'x:1', '--stream', 'x:2'], ['--credentials', 'x'],
    ['--fail-records', '101'], ['--drop-replies', '-1'], ['--delay', 'long'], ['extra'],
    ['--max-record-kib', '1023'], ['--stall-after'],
])
def test_a_wrong_command_line_exits_2(arguments):
    ended = subprocess.run([KinesisSim().program, *arguments], capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ''
    assert ended.stderr.startswith('kinesis_sim: ')
    assert ended.stderr.count('\n') == 1


def test_help_and_version(sim):
    told = subprocess.run([sim.program, '--help'], capture_output=True, text=True)
    assert told.returncode == 0
    assert '--limits' in told.stdout
    version = subprocess.run([sim.program, '--version'], capture_output=True, text=True)
    assert version.stdout.startswith('kinesis_sim ')
