"""kinesis_sim judged by clients that were not written for it: boto3, aws, and plain sockets."""
import base64
import concurrent.futures
import datetime
import hashlib
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

import botocore.auth
import botocore.exceptions
import pytest

from sim_process import KinesisSim, KEY_ID
from sim_requests import call, connect, entries, exchange, lax, read_answer, refusal, signed

STREAM = 'rows'
SHARDS = 3
KEY_RANGE = 1 << 128
KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def sim():
    with KinesisSim().start('--stream', f'{STREAM}:{SHARDS}') as started:
        yield started


@pytest.fixture
def start():
    """Starts simulators with other options; all are stopped at the end."""
    started = []

    def start_one(*arguments):
        started.append(KinesisSim().start('--stream', f'{STREAM}:{SHARDS}', *arguments))
        return started[-1]

    yield start_one
    for one in started:
        one.stop()


def shard_of(number, shards=SHARDS):
    return f'shardId-{min(number // (KEY_RANGE // shards), shards - 1):012}'


def shard_of_key(key):
    return shard_of(int(hashlib.md5(key.encode()).hexdigest(), 16))


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


# --- What it refuses ------------------------------------------------------------------------------

def complaint(text):
    return 'ValidationException', f'1 validation error detected: {text}'


def test_a_request_has_500_records(sim):
    client = lax(sim)
    assert refusal(client.put_records, StreamName=STREAM, Records=entries(501)) == complaint(
        "Value at 'records' failed to satisfy constraint: Member must have length less than or "
        "equal to 500")
    assert refusal(client.put_records, StreamName=STREAM, Records=[]) == complaint(
        "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater "
        "than or equal to 1")
    assert sim.counters()['records_stored'] == 0


def test_a_record_and_its_key_have_a_mebibyte(sim):
    client = sim.client()
    client.put_record(StreamName=STREAM, Data=bytes(MIB - 3), PartitionKey='key')
    assert refusal(client.put_record, StreamName=STREAM, Data=bytes(MIB - 2),
                   PartitionKey='key') == complaint(
        "Value at 'data' failed to satisfy constraint: Member must have length less than or equal "
        "to 1048576")
    assert refusal(client.put_records, StreamName=STREAM, Records=entries(2) + [
        {'PartitionKey': 'key', 'Data': bytes(MIB - 2)}]) == complaint(
        "Value at 'records.3.member.data' failed to satisfy constraint: Member must have length "
        "less than or equal to 1048576")
    assert sim.counters()['records_stored'] == 1


def test_a_larger_maximum_can_be_had(start):
    sim = start('--max-record-kib', 10240)
    client = sim.client()
    summary = call(sim, 'DescribeStreamSummary', StreamName=STREAM)['StreamDescriptionSummary']
    assert summary['MaxRecordSizeInKiB'] == 10240
    client.put_record(StreamName=STREAM, Data=bytes(10 * MIB - 1), PartitionKey='k')
    assert refusal(client.put_record, StreamName=STREAM, Data=bytes(10 * MIB),
                   PartitionKey='k')[0] == 'ValidationException'


def test_a_request_has_ten_mebibytes(sim):
    client = sim.client()
    fitting = [{'PartitionKey': 'k', 'Data': bytes(MIB - 1)} for _ in range(10)]
    client.put_records(StreamName=STREAM, Records=fitting)
    assert refusal(client.put_records, StreamName=STREAM, Records=fitting + entries(1)) == (
        'InvalidArgumentException', 'Records size exceeds 10 MB limit')
    assert sim.counters()['records_stored'] == 10


def test_what_would_be_billed_is_counted(sim):
    client = sim.client()
    for data_bytes in (1, 1023, 1024, 25 * 1024):
        client.put_records(StreamName=STREAM, Records=[
            {'PartitionKey': 'k', 'Data': bytes(data_bytes)}])
    counters = sim.counters()
    assert counters['payload_units'] == 1 + 1 + 1 + 2
    assert counters['rounded_kib'] == 1 + 1 + 2 + 26
    assert counters['bytes_received'] > (1 + 1023 + 1024 + 25 * 1024) * 4 // 3


def test_a_partition_key_has_256_utf16_units(sim):
    client = lax(sim)
    for key in ('k' * 256, '€' * 256, '😀' * 128):
        client.put_record(StreamName=STREAM, Data=b'', PartitionKey=key)
    for key in ('k' * 257, '€' * 257, '😀' * 128 + 'k'):
        assert refusal(client.put_record, StreamName=STREAM, Data=b'',
                       PartitionKey=key) == complaint(
            "Value at 'partitionKey' failed to satisfy constraint: Member must have length less "
            "than or equal to 256")
    assert refusal(client.put_record, StreamName=STREAM, Data=b'', PartitionKey='') == complaint(
        "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater "
        "than or equal to 1")
    assert refusal(client.put_record, StreamName=STREAM, Data=b'') == complaint(
        "Value null at 'partitionKey' failed to satisfy constraint: Member must not be null")


def test_an_explicit_hash_key_is_below_2_to_the_128(sim):
    client = lax(sim)

    def put(number):
        return refusal(client.put_record, StreamName=STREAM, Data=b'', PartitionKey='k',
                       ExplicitHashKey=number)

    assert put(str(KEY_RANGE)) == (
        'InvalidArgumentException',
        'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified '
        f'value was {KEY_RANGE}')
    for malformed in ('', '-1', '01', 'x', '1' * 40):
        assert put(malformed) == complaint(
            f"Value '{malformed}' at 'explicitHashKey' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: 0|([1-9]\\d{0,38})")


def test_several_mistakes_are_told_together(sim):
    code, text = refusal(lax(sim).put_record, StreamName='no name', PartitionKey='')
    assert code == 'ValidationException'
    assert text.startswith("3 validation errors detected: Value 'no name' at 'streamName' failed "
                           "to satisfy constraint: Member must satisfy regular expression pattern: "
                           "[a-zA-Z0-9_.-]+; Value null at 'data'")


def test_one_wrong_record_refuses_its_request_whole(sim):
    client = lax(sim)
    wrong = [{'PartitionKey': 'k', 'Data': b'', 'ExplicitHashKey': str(KEY_RANGE)}]
    refusal(client.put_records, StreamName=STREAM, Records=entries(10) + wrong)
    assert sim.counters()['records_stored'] == 0


def test_shards_are_paced_only_when_asked(start):
    paced = start('--limits').client()
    results = []
    for _ in range(3):
        put = paced.put_records(StreamName=STREAM, Records=[
            {'PartitionKey': 'k', 'Data': b'x', 'ExplicitHashKey': '0'} for _ in range(500)])
        results += put['Records']
    stored = [one for one in results if 'SequenceNumber' in one]
    throttled = [one for one in results if 'ErrorCode' in one]
    assert len(stored) >= 1000
    assert throttled[0] == {
        'ErrorCode': 'ProvisionedThroughputExceededException',
        'ErrorMessage': 'Rate exceeded for shard shardId-000000000000 in stream rows under account '
                        '000000000000.'}
    unpaced = start().client()
    for _ in range(3):
        assert unpaced.put_records(StreamName=STREAM, Records=[
            {'PartitionKey': 'k', 'Data': b'x', 'ExplicitHashKey': '0'} for _ in range(500)
        ])['FailedRecordCount'] == 0


# --- Signatures and raw HTTP ----------------------------------------------------------------------

PUT = json.dumps({'StreamName': STREAM, 'PartitionKey': 'k', 'Data': 'eA=='}).encode()


def test_a_wrong_secret_is_refused(sim):
    assert refusal(sim.client(secret='wrong').list_streams) == (
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check '
        'your AWS Secret Access Key and signing method. Consult the service documentation for '
        'details.')
    assert sim.counters()['signature_failures'] == 1


def test_one_changed_byte_of_the_body_is_refused(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    assert exchange(sim, head, body)[0] == 200
    status, text = exchange(sim, head, body.replace(b'eA==', b'eQ=='))
    assert (status, json.loads(text)['__type']) == (400, 'InvalidSignatureException')
    assert sim.counters()['records_stored'] == 1


def test_a_session_token_must_be_signed(sim):
    head, body = signed(sim, 'PutRecord', PUT, token='TOKEN')
    assert b'x-amz-security-token' in head.lower()
    assert exchange(sim, head, body)[0] == 200
    assert exchange(sim, head.replace(b'TOKEN', b'OTHER'), body)[0] == 400


def test_an_unsigned_request_is_refused(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    bare = b'\r\n'.join(line for line in head.split(b'\r\n')
                        if not line.startswith(b'Authorization'))
    status, text = exchange(sim, bare, body)
    assert (status, json.loads(text)) == (400, {
        '__type': 'MissingAuthenticationTokenException',
        'message': 'Missing Authentication Token'})


def test_an_old_signature_is_refused(sim, monkeypatch):
    class Past(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return super().utcnow() - datetime.timedelta(seconds=310)

    monkeypatch.setattr(botocore.auth.datetime, 'datetime', Past)
    status, text = exchange(sim, *signed(sim, 'PutRecord', PUT))
    assert (status, json.loads(text)['__type']) == (400, 'InvalidSignatureException')
    assert json.loads(text)['message'].startswith('Signature expired: ')


@pytest.mark.parametrize('body, kind', [
    (b'', 'SerializationException'),
    (b'[]', 'SerializationException'),
    (b'{"StreamName":', 'SerializationException'),
    (b'{"StreamName":5}', 'SerializationException'),
    (b'{"StreamName":"rows","PartitionKey":"k","Data":"eA"}', 'SerializationException'),
    (b'{"StreamName":"rows","PartitionKey":"k","Data":"e!=="}', 'SerializationException'),
    (b'{"StreamName":"rows","PartitionKey":"\\ud800","Data":""}', 'SerializationException'),
    (b'{"StreamName":"rows","PartitionKey":"\xff","Data":""}', 'SerializationException'),
    (b'{"StreamName":"rows","PartitionKey":null,"Data":""}', 'ValidationException'),
])
def test_a_malformed_body_is_refused(sim, body, kind):
    status, text = exchange(sim, *signed(sim, 'PutRecord', body))
    assert (status, json.loads(text)['__type']) == (400, kind)
    assert sim.counters()['records_stored'] == 0


def test_unknown_members_are_passed_over(sim):
    body = json.dumps({'New': [{'a': [1, None]}], **json.loads(PUT)}).encode()
    assert exchange(sim, *signed(sim, 'PutRecord', body))[0] == 200


def test_an_unknown_operation_is_refused(sim):
    status, text = exchange(sim, *signed(sim, 'Explode', b'{}'))
    assert (status, json.loads(text)['__type']) == (400, 'UnknownOperationException')


def test_a_connection_serves_many_requests(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    with connect(sim) as connection:
        for _ in range(3):
            connection.sendall(head + body)
            assert read_answer(connection)[0] == 200


def test_requests_sent_ahead_are_answered_in_turn(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    with connect(sim) as connection:
        connection.sendall((head + body) * 3)
        connection.shutdown(socket.SHUT_WR)
        answers = b''
        while (piece := connection.recv(65536)):
            answers += piece
    assert answers.count(b'HTTP/1.1 200 OK') == 3


def test_a_request_may_come_byte_by_byte(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    with connect(sim) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head + body:
            connection.send(bytes([byte]))
        assert read_answer(connection)[0] == 200


def test_who_expects_100_continue_is_told(sim):
    head, body = signed(sim, 'PutRecord', PUT)
    with connect(sim) as connection:
        connection.sendall(head.replace(b'\r\n\r\n', b'\r\nExpect: 100-continue\r\n\r\n'))
        assert connection.recv(100) == b'HTTP/1.1 100 Continue\r\n\r\n'
        connection.sendall(body)
        assert read_answer(connection)[0] == 200


@pytest.mark.parametrize('text, status', [
    (b'garbage\r\n\r\n', 400),
    (b'POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n', 413),
    (b'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', 501),
    (b'GET / HTTP/1.1\r\n' + b'a: b\r\n' * 65 + b'\r\n', 431),
    (b'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 403),
])
def test_what_is_no_request_is_answered_and_ended(sim, text, status):
    with connect(sim) as connection:
        connection.sendall(text)
        assert read_answer(connection)[0] == status
        assert connection.recv(1) == b''


# --- Faults ---------------------------------------------------------------------------------------

def test_failed_records_are_not_stored(start):
    sim = start('--fail-records', 30, '--seed', 7)
    put = sim.client().put_records(StreamName=STREAM, Records=entries(500))
    failed = [one for one in put['Records'] if 'ErrorCode' in one]
    assert put['FailedRecordCount'] == len(failed)
    assert 100 < len(failed) < 200
    assert {one['ErrorCode'] for one in failed} == {
        'InternalFailure', 'ProvisionedThroughputExceededException'}
    stored = {f'k{i}' for i, one in enumerate(put['Records']) if 'ErrorCode' not in one}
    assert {key for _, _, key, _ in sim.records(STREAM)} == stored
    assert sim.counters()['records_failed'] == len(failed)


def test_a_seed_repeats_its_faults(start):
    def failures(seed):
        client = start('--fail-records', 50, '--seed', seed).client()
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


def test_after_a_stall_nothing_is_answered(start):
    sim = start('--stall-after', 2)
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


def test_discarded_data_leaves_keys_and_numbers(start):
    sim = start('--discard')
    put = sim.client().put_records(StreamName=STREAM, Records=entries(10, bytes(KIB)))
    stored = sorted((number, key, data) for _, number, key, data in sim.records(STREAM))
    assert stored == sorted(
        (one['SequenceNumber'], f'k{i}', b'') for i, one in enumerate(put['Records']))
    assert sim.counters()['bytes_stored'] == 10 * (KIB + 2)
    assert refusal(sim.client().put_record, StreamName=STREAM, Data=bytes(2 * MIB),
                   PartitionKey='k')[0] == 'ValidationException'


def test_the_log_of_arrivals_tells_when_each_record_came(start, tmp_path):
    log = tmp_path / 'arrivals'
    sim = start('--log-arrivals', log)
    before = time.time_ns() // 1000
    sim.client().put_records(StreamName=STREAM, Records=entries(3))
    after = time.time_ns() // 1000
    sim.stop()
    arrivals = [line.split(' ', 1) for line in log.read_text(encoding='utf-8').splitlines()]
    assert [key for _, key in arrivals] == ['k0', 'k1', 'k2']
    assert all(before <= int(arrived) <= after for arrived, _ in arrivals)


# --- The log for the verdict ----------------------------------------------------------------------

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


def test_other_credentials_can_be_set(start):
    sim = start('--credentials', f'{KEY_ID}:another:with:colons')
    sim.client(secret='another:with:colons').list_streams()
    assert refusal(sim.client().list_streams)[0] == 'InvalidSignatureException'


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
