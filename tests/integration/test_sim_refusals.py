"""What kinesis_sim refuses, of boto3 and on plain sockets, and in which words."""
import datetime
import json
import socket

import botocore.auth
import pytest

from sim_requests import call, connect, entries, exchange, lax, read_answer, refusal, signed
from sim_stream import KEY_RANGE, MIB, PUT, STREAM


# --- Limits ---------------------------------------------------------------------------------------

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


def test_a_larger_maximum_can_be_had(start_sim):
    sim = start_sim('--max-record-kib', 10240)
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


def test_shards_are_paced_only_when_asked(start_sim):
    paced = start_sim('--limits').client()
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
    unpaced = start_sim().client()
    for _ in range(3):
        assert unpaced.put_records(StreamName=STREAM, Records=[
            {'PartitionKey': 'k', 'Data': b'x', 'ExplicitHashKey': '0'} for _ in range(500)
        ])['FailedRecordCount'] == 0


# --- Signatures and raw HTTP ----------------------------------------------------------------------

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
