"""The faults by rule of kinesis_sim, one by one, as a client meets them on the wire."""
import json
import subprocess
import urllib.error

import pytest

from sim_process import KinesisSim
from sim_requests import connect, entries, exchange, read_answer, refusal, signed
from sim_stream import STREAM

PUT = json.dumps({'StreamName': STREAM, 'Records': [
    {'PartitionKey': 'k0', 'Data': 'eA=='}, {'PartitionKey': 'k1', 'Data': 'eQ=='}]}).encode()


def put_in_pieces(sim):
    """One PutRecords of two records: what came back until the end, as it came."""
    head, body = signed(sim, 'PutRecords', PUT)
    with connect(sim) as connection:
        connection.sendall(head.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n') + body)
        while (piece := connection.recv(65536)):
            yield piece


def put(sim):
    """The same in one piece."""
    return b''.join(put_in_pieces(sim))


def head_and_body(answer):
    head, body = answer.split(b'\r\n\r\n', 1)
    return head.decode(), body


def replies(sim):
    """What became of the replies to the requests that brought each record."""
    return [one['reply'] for one in sorted(sim.log(STREAM), key=lambda one: one['request'])]


# --- Requests refused whole -----------------------------------------------------------------------

@pytest.mark.parametrize('code, status', [
    ('InternalFailure', 500), ('ServiceUnavailable', 503),
    ('ProvisionedThroughputExceededException', 400), ('LimitExceededException', 400),
    ('ThrottlingException', 400), ('ExpiredTokenException', 400),
    ('InvalidSignatureException', 400), ('RequestTimeTooSkewed', 400),
    ('AccessDeniedException', 400), ('ResourceNotFoundException', 400),
    ('KMSAccessDeniedException', 400), ('KMSDisabledException', 400),
    ('KMSInvalidStateException', 400), ('KMSNotFoundException', 400),
    ('KMSOptInRequired', 400), ('KMSThrottlingException', 400)])
def test_a_request_is_refused_with_any_code(sim, code, status):
    fault = sim.fault(error=code, times=1)
    answered, text = exchange(sim, *signed(sim, 'PutRecords', PUT))
    assert (answered, json.loads(text)['__type']) == (status, code)
    assert sim.counters()['records_stored'] == 0
    assert exchange(sim, *signed(sim, 'PutRecords', PUT))[0] == 200
    assert fault.struck() == 1


def test_a_refused_request_may_be_done_all_the_same(sim):
    sim.fault('done', error='InternalFailure', times=1)
    assert refusal(sim.client().put_records, StreamName=STREAM,
                   Records=entries(2))[0] == 'InternalFailure'
    sim.client().put_records(StreamName=STREAM, Records=entries(2))
    assert replies(sim) == ['spoiled'] * 2 + ['delivered'] * 2


@pytest.mark.parametrize('body, kind, text', [
    ('html', 'text/html', b'<html>'), ('empty', 'text/html', b'')])
def test_an_error_comes_as_a_proxy_tells_it(sim, body, kind, text):
    sim.fault(error='ServiceUnavailable', body=body, status=502)
    head, got = head_and_body(put(sim))
    assert head.startswith('HTTP/1.1 502 Bad Gateway\r\n')
    assert f'Content-Type: {kind}' in head
    assert f'Content-Length: {len(got)}' in head
    assert got.startswith(text) and bool(got) == bool(text)


def test_an_error_says_when_to_come_again(sim):
    sim.fault(error='ThrottlingException', retry_after=2, x_amz_retry_after=1500, times=1)
    head, _ = head_and_body(put(sim))
    assert 'Retry-After: 2\r\n' in head
    assert 'x-amz-retry-after: 1500\r\n' in head
    assert 'etry-' not in head_and_body(put(sim))[0]


# --- Records refused one by one -------------------------------------------------------------------

def errors_of(sim, count=40):
    """The errors and shards of as many records, by their keys."""
    results = sim.client().put_records(StreamName=STREAM, Records=entries(count))['Records']
    stored = {key for _, _, key, _ in sim.records(STREAM)}
    errors = {f'k{i}': one['ErrorCode'] for i, one in enumerate(results) if 'ErrorCode' in one}
    assert not stored & set(errors) and len(stored) + len(errors) == count
    return errors


def test_records_of_a_shard_are_throttled(sim):
    sim.fault('throttle', shard=1)
    assert set(errors_of(sim).values()) == {'ProvisionedThroughputExceededException'}
    assert {shard for shard, *_ in sim.records(STREAM)} == {
        'shardId-000000000000', 'shardId-000000000002'}


def test_the_record_of_a_key_fails(sim):
    sim.fault('fail', key='k7')
    assert errors_of(sim) == {'k7': 'InternalFailure'}


def test_every_third_record_is_refused_with_a_code_of_ones_own(sim):
    fault = sim.fault(record_error='KMSThrottlingException', every=3, times=5)
    assert errors_of(sim) == {f'k{i}': 'KMSThrottlingException' for i in range(2, 15, 3)}
    assert fault.struck() == 5


def test_a_key_may_hold_anything(sim):
    key = 'ü =%\''
    sim.fault('fail', key=key)
    results = sim.client().put_records(StreamName=STREAM, Records=[
        {'PartitionKey': key, 'Data': b''}, {'PartitionKey': 'ü', 'Data': b''}])['Records']
    assert ['ErrorCode' in one for one in results] == [True, False]


# --- Replies that do not come ---------------------------------------------------------------------

@pytest.mark.parametrize('done, stored', [('done', 2), ('undone', 0)])
def test_a_connection_is_closed_instead_of_an_answer(sim, done, stored):
    sim.fault('close', done)
    assert put(sim) == b''
    assert replies(sim) == ['dropped'] * stored


@pytest.mark.parametrize('done, stored', [('done', 2), ('undone', 0)])
def test_a_connection_is_reset_instead_of_an_answer(sim, done, stored):
    sim.fault('reset', done)
    with pytest.raises(ConnectionResetError):
        put(sim)
    assert replies(sim) == ['dropped'] * stored


@pytest.mark.parametrize('done, stored', [('done', 2), ('undone', 0)])
def test_a_connection_goes_silent_and_others_do_not(sim, done, stored):
    fault = sim.fault('stall', done, times=1)
    with connect(sim) as silent:
        silent.sendall(b''.join(signed(sim, 'PutRecords', PUT)))
        fault.wait()
        assert replies(sim) == ['dropped'] * stored
        assert exchange(sim, *signed(sim, 'PutRecords', PUT))[0] == 200
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.recv(1)


def test_only_a_connection_that_was_used_is_reset(sim):
    sim.fault('reset', 'undone', 'reused', times=1)
    request = b''.join(signed(sim, 'PutRecords', PUT))
    with connect(sim) as connection:
        connection.sendall(request)
        assert read_answer(connection)[0] == 200
        connection.sendall(request)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert exchange(sim, *signed(sim, 'PutRecords', PUT))[0] == 200
    assert sim.counters()['records_stored'] == 4


# --- Replies that are wrong -----------------------------------------------------------------------

def test_half_of_a_reply_comes(sim):
    sim.fault('truncate')
    head, body = head_and_body(put(sim))
    promised = int(head.split('Content-Length: ')[1].split('\r\n')[0])
    assert len(body) == promised // 2
    assert replies(sim) == ['spoiled'] * 2


@pytest.mark.parametrize('done, stored', [('done', 2), ('undone', 0)])
def test_a_reply_is_garbage(sim, done, stored):
    sim.fault('garbage', done)
    head, body = head_and_body(put(sim))
    assert head.startswith('HTTP/1.1 200 OK')
    with pytest.raises(ValueError):
        json.loads(body)
    assert replies(sim) == ['spoiled'] * stored


@pytest.mark.parametrize('word, results', [('few', 1), ('many', 3)])
def test_a_reply_has_not_as_many_results_as_there_were_records(sim, word, results):
    sim.fault(word)
    answer = json.loads(exchange(sim, *signed(sim, 'PutRecords', PUT))[1])
    assert len(answer['Records']) == results
    assert replies(sim) == ['spoiled'] * 2


def test_a_reply_drips(sim):
    sim.fault(drip=1)
    pieces = list(put_in_pieces(sim))
    assert len(pieces) > 20  # The network may join some.
    assert json.loads(head_and_body(b''.join(pieces))[1])['FailedRecordCount'] == 0
    assert replies(sim) == ['delivered'] * 2


def test_a_good_reply_ends_its_connection(sim):
    sim.fault('last')
    with connect(sim) as connection:
        connection.sendall(b''.join(signed(sim, 'PutRecords', PUT)))
        answer = b''
        while (piece := connection.recv(65536)):
            answer += piece
    assert b'Connection: close\r\n' in answer
    assert replies(sim) == ['delivered'] * 2


def test_a_reply_waits(sim):
    fault = sim.fault(delay=3_600_000)
    with connect(sim) as waiting:
        waiting.sendall(b''.join(signed(sim, 'PutRecords', PUT)))
        fault.wait()
        assert replies(sim) == ['pending'] * 2
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


# --- Which are struck -----------------------------------------------------------------------------

def test_a_request_is_struck_for_a_record_in_it(sim):
    client = sim.client()
    shard = client.put_records(StreamName=STREAM, Records=entries(1))['Records'][0]['ShardId']
    sim.fault(error='InternalFailure', shard=int(shard[-12:]))
    sim.fault(error='ServiceUnavailable', key='other')
    for _ in range(2):
        assert refusal(client.put_records, StreamName=STREAM,
                       Records=entries(1))[0] == 'InternalFailure'
    assert refusal(client.put_records, StreamName=STREAM, Records=[
        {'PartitionKey': 'other', 'Data': b'', 'ExplicitHashKey': str((1 << 128) - 1)}])[0] == (
            'ServiceUnavailable')


def test_another_operation_is_struck(sim):
    sim.fault(on='DescribeStreamSummary', error='LimitExceededException')
    assert refusal(sim.client().describe_stream_summary, StreamName=STREAM)[0] == (
        'LimitExceededException')
    sim.client().put_records(StreamName=STREAM, Records=entries(1))
    sim.clear_faults()
    sim.client().describe_stream_summary(StreamName=STREAM)


def test_a_fault_is_taken_away_and_the_others_stay(sim):
    with sim.fault(error='InternalFailure', nth=1):
        sim.fault(error='ServiceUnavailable', nth=1)
        assert refusal(sim.client().put_records, StreamName=STREAM,
                       Records=entries(1))[0] == 'InternalFailure'
    assert refusal(sim.client().put_records, StreamName=STREAM,
                   Records=entries(1))[0] == 'ServiceUnavailable'
    sim.client().put_records(StreamName=STREAM, Records=entries(1))


def test_faults_are_given_on_the_command_line():
    with KinesisSim().start('--stream', f'{STREAM}:1', '--fault', 'error=InternalFailure nth=2',
                            '--fault', 'fail key=k1') as sim:
        client = sim.client()
        results = client.put_records(StreamName=STREAM, Records=entries(2))['Records']
        assert ['ErrorCode' in one for one in results] == [False, True]
        assert refusal(client.put_records, StreamName=STREAM,
                       Records=entries(2))[0] == 'InternalFailure'
        assert [one['struck'] for one in sim.counters()['rules']] == [1, 1]


def test_a_fault_without_sense_is_refused_with_the_reason(sim):
    with pytest.raises(urllib.error.HTTPError) as caught:
        sim.fault('explode')
    assert json.load(caught.value) == {'error': 'a fault has no word explode'}
    with pytest.raises(urllib.error.HTTPError):
        sim.control(fault='close', clear_fault=99)
    assert sim.counters()['rules'] == []  # All of what is asked, or nothing.

    wrong = subprocess.run([sim.program, '--fault', 'close reset'], capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (
        2, '', 'kinesis_sim: --fault: a fault does one thing, not reset too\n')


def test_the_words_of_faults_are_explained(sim):
    told = subprocess.run([sim.program, '--fault', 'help'], capture_output=True, text=True)
    assert told.returncode == 0
    for word in ('every=N', 'reset', 'x-amz-retry-after=MS', 'undone'):
        assert word in told.stdout
