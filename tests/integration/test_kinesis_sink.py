"""What becomes of a batch when the service, the network or the clock misbehaves."""
import datetime
import email.utils
import json
import os
import socket
import subprocess
import threading

import pytest

from sim_process import BUILD_DIR

STORED = {'SequenceNumber': '1', 'ShardId': 'shardId-000000000000'}


class SinkProbe:
    """A kinesis_sink to talk to: probe.put() returns its outcomes, probe.describe() its facts."""

    def __init__(self, url, stream='test', wire='auto', **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith('AWS_')}
        keys = {'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test'}
        self.process = subprocess.Popen(
            [BUILD_DIR / 'tests/integration/sink_probe', stream, url, wire], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**clean, **keys, **environment})

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip('\n')

    def put(self, count=1, size=10):
        """((stored, throttled, failed, unknown), what failed it as a whole)"""
        answer = self.ask(f'put {count} {size}').split(' ', 5)
        return tuple(map(int, answer[1:5])), answer[5] if len(answer) > 5 else ''

    def describe(self):
        return self.ask('describe')

    def stop(self):
        self.process.communicate(timeout=30)
        return self.process.returncode


class ScriptedServer:
    """Answers each request by the next of its replies; an empty one closes the connection instead,
    one in `closing` closes it afterwards. Keeps every request it has read."""

    def __init__(self, *replies, closing=()):
        self.replies = list(replies)
        self.closing = closing
        self.requests = []
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self.socket.getsockname()[1]}'
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile('rb') as stream:
                while self._answer_one(connection, stream):
                    pass

    def _answer_one(self, connection, stream):
        headers = {}
        if not stream.readline():
            return False
        for line in iter(stream.readline, b'\r\n'):
            name, value = line.decode().split(':', 1)
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers['content-length']))
        self.requests.append((headers, body))
        answer = self.replies.pop(0)
        try:
            connection.sendall(answer)
        except ConnectionError:
            return False  # It had heard enough.
        return bool(answer) and answer not in self.closing


def reply(body, status='200 OK', **headers):
    """The bytes of a reply; body is sent as JSON unless it is bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}']
    lines += [f'{name.replace("_", "-")}: {value}' for name, value in headers.items()]
    return '\r\n'.join(lines + ['', '']).encode() + body


def stored(count=1):
    return reply({'FailedRecordCount': 0, 'Records': [STORED] * count})


def refused(code, status='400 Bad Request', **headers):
    return reply({'__type': code, 'message': 'as the test wants it'}, status, **headers)


@pytest.fixture
def probe_of():
    """Starts probes; each has to end well."""
    started = []

    def start(*arguments, **environment):
        started.append(SinkProbe(*arguments, **environment))
        return started[-1]

    yield start
    assert [probe.stop() for probe in started] == [0] * len(started)


@pytest.fixture
def serve():
    """Starts scripted servers."""
    started = []

    def start(*replies, **options):
        started.append(ScriptedServer(*replies, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def test_records_are_stored(kinesis_sim, probe_of):
    probe = probe_of(kinesis_sim.url)
    assert probe.describe() == 'described 4 1048576'
    assert probe.put(500, 1000) == ((500, 0, 0, 0), '')
    assert probe.put(10, 1000 * 1000) == ((10, 0, 0, 0), '')
    assert kinesis_sim.counters()['records_stored'] == 510


def test_a_wrong_secret_is_for_the_operator(kinesis_sim, probe_of):
    probe = probe_of(kinesis_sim.url, AWS_SECRET_ACCESS_KEY='wrong')
    outcomes, why = probe.put(3)
    assert outcomes == (0, 0, 3, 0)
    assert why.startswith('OPERATOR PutRecords: status 400 InvalidSignatureException')
    assert 'hint: check the secret access key' in why


def test_a_missing_stream_is_for_the_operator(kinesis_sim, probe_of):
    probe = probe_of(kinesis_sim.url, 'nosuch')
    assert probe.describe().startswith('error OPERATOR DescribeStreamSummary')
    outcomes, why = probe.put(3)
    assert outcomes == (0, 0, 3, 0)
    assert why.startswith('OPERATOR PutRecords: status 400 ResourceNotFoundException')


def test_failing_records_do_not_fail_the_batch(start_kinesis_sim, probe_of):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 50)
    (n_stored, n_throttled, n_failed, n_unknown), why = probe_of(sim.url).put(500)
    assert n_stored and n_throttled and n_failed
    assert (n_stored + n_throttled + n_failed, n_unknown, why) == (500, 0, '')


def test_a_lost_reply_leaves_the_outcome_unknown(start_kinesis_sim, probe_of):
    sim = start_kinesis_sim('--stream', 'test:4', '--drop-replies', 100)
    outcomes, why = probe_of(sim.url).put(5)
    assert outcomes == (0, 0, 0, 5)
    assert why.startswith('RETRY ')


def test_a_request_on_a_dead_connection_is_not_sent_again(serve, probe_of):
    """Browsers would: the connection was kept, and closed without a byte of a reply."""
    server = serve(stored(), b'', stored())
    probe = probe_of(server.url)
    assert probe.put() == ((1, 0, 0, 0), '')
    outcomes, why = probe.put()
    assert outcomes == (0, 0, 0, 1)
    assert why.startswith('RETRY ')
    assert why.endswith(': on a kept connection: the peer closed the connection without a reply')
    assert len(server.requests) == 2
    assert probe.put() == ((1, 0, 0, 0), '')


def test_nothing_listening_stores_nothing_for_sure(probe_of):
    with socket.create_server(('127.0.0.1', 0)) as unused:
        port = unused.getsockname()[1]
    outcomes, why = probe_of(f'http://127.0.0.1:{port}').put(2)
    assert outcomes == (0, 0, 2, 0)
    assert why.startswith('RETRY PutRecords at http://127.0.0.1')


def test_a_throttled_request_throttles_all_its_records(serve, probe_of):
    server = serve(refused('ProvisionedThroughputExceededException'),
                   reply(b'', '429 Too Many Requests'))
    probe = probe_of(server.url)
    for _ in range(2):
        outcomes, why = probe.put(2)
        assert outcomes == (0, 2, 0, 0)
        assert why.startswith('RETRY ')


def test_a_refused_request_is_a_matter_of_its_data(serve, probe_of):
    server = serve(refused('ValidationException'), reply(b'', '413 Too Large'))
    probe = probe_of(server.url)
    for _ in range(2):
        outcomes, why = probe.put(2)
        assert outcomes == (0, 0, 2, 0)
        assert why.startswith('DATA ')


TELLS_NOTHING = {
    'bad gateway': reply(b'<html>Bad Gateway</html>', '502 Bad Gateway'),
    'internal failure': refused('InternalFailure', '500 Internal Server Error'),
    'empty': reply(b''),
    'hotel': reply(b'<html>Welcome to the hotel</html>'),
    'of another request': reply({'Records': [STORED]}),
    'too long': reply(b'x' * (2 << 20)),
    'cut short': b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"Records":[',
    'no http': b'SSH-2.0-OpenSSH_9.2p1\r\n',
}


@pytest.mark.parametrize('answer', TELLS_NOTHING.values(), ids=TELLS_NOTHING)
def test_a_reply_that_tells_nothing_leaves_the_outcome_unknown(serve, probe_of, answer):
    outcomes, why = probe_of(serve(answer, closing=[answer]).url).put(2)
    assert outcomes == (0, 0, 0, 2)
    assert why.startswith('RETRY ')


def test_a_stream_that_may_not_be_described_is_assumed(serve, probe_of):
    server = serve(refused('AccessDeniedException'))
    assert probe_of(server.url).describe() == 'assumed'


def test_a_redirect_is_not_followed(serve, probe_of):
    other = serve()
    server = serve(reply(b'', '307 Temporary Redirect', Location=other.url))
    outcomes, why = probe_of(server.url).put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('OPERATOR ')
    assert other.requests == []


def test_the_services_clock_is_taken_when_ours_is_off(serve, probe_of):
    theirs = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
    date = email.utils.format_datetime(theirs, usegmt=True)
    server = serve(refused('InvalidSignatureException', Date=date), stored())
    probe = probe_of(server.url)
    outcomes, why = probe.put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('RETRY ')
    assert probe.put() == ((1, 0, 0, 0), '')
    signed = datetime.datetime.strptime(
        server.requests[1][0]['x-amz-date'] + '+0000', '%Y%m%dT%H%M%SZ%z')
    assert abs(signed - theirs) < datetime.timedelta(minutes=1)


def test_expired_credentials_are_read_again(serve, probe_of, tmp_path):
    def write(key_id):
        (tmp_path / 'credentials').write_text(
            f'[default]\naws_access_key_id={key_id}\naws_secret_access_key=x\n'
            'aws_session_token=t\n')

    expired = refused('ExpiredTokenException')
    server = serve(expired, expired, stored())
    write('AKIAOLD')
    probe = probe_of(server.url, AWS_ACCESS_KEY_ID='', AWS_CONFIG_FILE='/nowhere',
                     AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / 'credentials'))
    outcomes, why = probe.put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('OPERATOR ')

    write('AKIANEW')
    outcomes, why = probe.put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('RETRY ')
    assert probe.put() == ((1, 0, 0, 0), '')
    assert 'Credential=AKIANEW/' in server.requests[2][0]['authorization']


def test_a_reply_in_pieces_behind_an_interim_one_is_read(serve, probe_of):
    body = json.dumps({'FailedRecordCount': 0, 'Records': [STORED]}).encode()
    server = serve(b'HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'
                   b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                   b'%x\r\n%s\r\n1\r\n%s\r\n0\r\n\r\n' % (len(body) - 1, body[:-1], body[-1:]),
                   stored())
    probe = probe_of(server.url)
    assert probe.put() == ((1, 0, 0, 0), '')
    assert probe.put() == ((1, 0, 0, 0), '')  # On the same connection: nothing was left in it.


def test_a_reply_that_ends_the_connection_is_read_to_its_end(serve, probe_of):
    last = b'HTTP/1.1 200 OK\r\n\r\n' + stored().split(b'\r\n\r\n')[1]
    probe = probe_of(serve(last, stored(), closing=[last]).url)
    assert probe.put() == ((1, 0, 0, 0), '')
    assert probe.put() == ((1, 0, 0, 0), '')


def test_a_refusal_before_all_was_sent_is_heard(serve, probe_of):
    """The service has seen enough of a large request, answers, and closes: the rest meets a reset."""
    class Hasty(ScriptedServer):
        def _answer_one(self, connection, stream):
            while stream.readline() != b'\r\n':
                pass
            connection.sendall(reply(b'', '413 Too Large'))
            return False

    server = Hasty()
    outcomes, why = probe_of(server.url).put(10, 900 * 1000)
    server.stop()
    assert outcomes == (0, 0, 10, 0)
    assert why.startswith('DATA PutRecords: status 413')


def test_a_session_token_too_long_for_a_request_is_for_the_operator(serve, probe_of):
    server = serve(stored())
    outcomes, why = probe_of(server.url, AWS_SESSION_TOKEN='x' * (1 << 16)).put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('OPERATOR PutRecords at ')
    assert 'more than 16384: see the session token' in why
    assert server.requests == []


def test_requests_say_who_asks_and_expect_nothing(serve, probe_of):
    server = serve(stored(10))
    assert probe_of(server.url, wire='json').put(10, 200 * 1000) == ((10, 0, 0, 0), '')
    headers, body = server.requests[0]
    assert 'expect' not in headers
    assert headers['content-type'] == 'application/x-amz-json-1.1'
    assert headers['user-agent'].startswith('pg_kinesis/')
    assert len(json.loads(body)['Records']) == 10


def test_an_authority_that_cannot_be_read_is_found_at_the_start():
    probe = SinkProbe('https://localhost:1', AWS_CA_BUNDLE='/nowhere.pem')
    assert probe.process.communicate(timeout=30)[0].startswith(
        'error OPERATOR cannot read the certificates in /nowhere.pem')


def test_the_time_to_be_left_alone_is_read_in_each_of_its_forms(serve, probe_of):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    date, later = (email.utils.format_datetime(now + datetime.timedelta(seconds=seconds), True)
                   for seconds in (0, 9))
    cases = [({'x_amz_retry_after': '1500'}, 1500), ({'Retry_After': '7'}, 7000),
             ({'x_amz_retry_after': '20', 'Retry_After': '7'}, 20),
             ({'Date': date, 'Retry_After': later}, 9000)]
    nonsense = [{'Retry_After': value} for value in ('', '-1', 'soon', '1e3', '99999999999', later)]
    server = serve(*(refused('ThrottlingException', **headers) for headers, _ in cases),
                   *(refused('ThrottlingException', **headers) for headers in nonsense))
    probe = probe_of(server.url)

    for _, wait_ms in cases:
        assert probe.put()[1].endswith(f' (not before {wait_ms} ms)')
    for _ in nonsense:
        assert '(not before' not in probe.put()[1]
