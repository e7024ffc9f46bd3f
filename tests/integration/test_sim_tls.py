"""kinesis_sim by TLS: with a certificate that clients trust, and with those that they do not."""
import ssl
import subprocess

import botocore.exceptions
import pytest

from certificates import Authority
from sim_process import KinesisSim
from sim_requests import connect, entries, read_answer, signed

# The reading of what was stored looks at no certificate.
pytestmark = pytest.mark.filterwarnings('ignore:Unverified HTTPS')

STREAM = 'rows'
MIB = 1 << 20


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture
def serve():
    """Starts simulators with a certificate; all are stopped at the end."""
    started = []

    def serve_with(certificate, key):
        started.append(KinesisSim().start('--stream', f'{STREAM}:2', '--certificate', certificate,
                                          '--key', key))
        return started[-1]

    yield serve_with
    for one in started:
        one.stop()


def trusting(authority):
    return ssl.create_default_context(cafile=str(authority.path))


def test_a_trusted_certificate_serves_records_of_any_size(serve, authority):
    sim = serve(*authority.issue())
    assert sim.url.startswith('https://127.0.0.1:')
    client = sim.client(verify=authority.path)
    for data in (b'x', bytes(MIB - 8)):
        client.put_records(StreamName=STREAM, Records=entries(3, data))
    assert len(sim.records(STREAM)) == 6
    assert [len(one['data']) for one in sim.log(STREAM)].count(MIB - 8) == 3


def test_many_requests_go_over_one_session_also_ahead(serve, authority):
    sim = serve(*authority.issue())
    request = b''.join(signed(sim, 'ListStreams', b'{}'))
    with connect(sim) as plain, trusting(authority).wrap_socket(
            plain, server_hostname='127.0.0.1') as session:
        session.sendall(request * 3)
        stream = session.makefile('rb')
        for _ in range(3):
            assert read_answer(session, stream)[0] == 200
        session.sendall(request)
        assert read_answer(session, stream)[0] == 200


def test_a_request_that_comes_with_the_end_of_another_is_answered(serve, authority):
    sim = serve(*authority.issue())
    head, body = signed(sim, 'ListStreams', b'{}')
    patient = head.replace(b'\r\n\r\n', b'\r\nExpect: 100-continue\r\n\r\n')
    with connect(sim) as plain, trusting(authority).wrap_socket(
            plain, server_hostname='127.0.0.1') as session:
        session.sendall(patient)
        assert session.recv(100) == b'HTTP/1.1 100 Continue\r\n\r\n'
        session.sendall(body + head + body)  # One record of TLS, of which it reads the first part.
        stream = session.makefile('rb')
        for _ in range(2):
            assert read_answer(session, stream)[0] == 200


@pytest.mark.parametrize('name, mistake, complaint', [
    ('expired', {'days': -1}, 'certificate has expired'),
    ('another', {'host': 'DNS:kinesis.example'}, 'IP address mismatch'),
])
def test_a_bad_certificate_is_not_trusted(serve, authority, name, mistake, complaint):
    sim = serve(*authority.issue(name, **mistake))
    with connect(sim) as plain, pytest.raises(ssl.SSLCertVerificationError, match=complaint):
        trusting(authority).wrap_socket(plain, server_hostname='127.0.0.1')
    assert sim.counters()['requests'] == 0


def test_a_certificate_of_nobody_is_not_trusted(serve, authority):
    sim = serve(authority.path, authority.key)
    with pytest.raises(botocore.exceptions.SSLError):
        sim.client(verify=True).list_streams()
    with connect(sim) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname='127.0.0.1')


def test_who_speaks_no_tls_is_not_answered(serve, authority):
    sim = serve(*authority.issue())
    with connect(sim) as plain:
        plain.sendall(b'GET / HTTP/1.1\r\n\r\n')
        answer = b''
        try:
            while (piece := plain.recv(65536)):
                answer += piece
        except ConnectionResetError:
            pass
        assert b'HTTP' not in answer
    sim.client(verify=authority.path).list_streams()


def test_a_session_whose_reply_is_right_ends_with_a_goodbye(serve, authority):
    sim = serve(*authority.issue())
    sim.fault('last', on='ListStreams')
    context = trusting(authority)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with connect(sim) as plain, context.wrap_socket(
            plain, server_hostname='127.0.0.1', suppress_ragged_eofs=False) as session:
        session.sendall(b''.join(signed(sim, 'ListStreams', b'{}')))
        while session.recv(65536):
            pass


@pytest.mark.parametrize('word', ['close', 'truncate', 'reset'])
def test_a_session_ends_without_a_goodbye(serve, authority, word):
    sim = serve(*authority.issue())
    sim.fault(word)
    body = b'{"StreamName":"rows","Records":[{"PartitionKey":"k","Data":""}]}'
    context = trusting(authority)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with connect(sim) as plain, context.wrap_socket(
            plain, server_hostname='127.0.0.1', suppress_ragged_eofs=False) as session:
        session.sendall(b''.join(signed(sim, 'PutRecords', body)))
        with pytest.raises((ssl.SSLError, ConnectionResetError), match='(?i)EOF|reset'):
            while session.recv(65536):
                pass
    assert sim.counters()['records_stored'] == 1


@pytest.mark.parametrize('arguments, status, complaint', [
    (['--certificate', '/nowhere'], 2, 'kinesis_sim: --certificate and --key go together\n'),
    (['--certificate', '/nowhere', '--key', '/nowhere'], 1, 'cannot use /nowhere for TLS'),
])
def test_a_certificate_that_is_none_is_told(arguments, status, complaint):
    ended = subprocess.run([KinesisSim().program, *arguments], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (status, '')
    assert complaint in ended.stderr and ended.stderr.count('\n') == 1
