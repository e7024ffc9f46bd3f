"""The way to the service by a proxy, as curl's environment names it."""
import pytest

from certificates import Authority
from relay import Relay
from test_kinesis_sink import ScriptedServer, SinkProbe, reply


class Proxy(Relay):
    """Leads to its target whoever asks for a way by CONNECT; `asked` are their first lines."""

    def __init__(self, target):
        super().__init__(target)
        self.asked = []

    async def _accept(self, reader, writer):
        head = await reader.readuntil(b'\r\n\r\n')
        self.asked.append(head.split(b'\r\n')[0].decode())
        writer.write(b'HTTP/1.1 200 Connection established\r\n\r\n')
        await super()._accept(reader, writer)


@pytest.fixture
def certified(tmp_path, start_kinesis_sim):
    """A simulator that speaks TLS, and what a client needs to trust it."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue()
    sim = start_kinesis_sim('--stream', 'test:4', '--certificate', certificate, '--key', key)
    return sim, {'AWS_CA_BUNDLE': str(authority.path)}


@pytest.fixture
def plain(start_kinesis_sim):
    return start_kinesis_sim('--stream', 'test:4'), {}


class Refusal(ScriptedServer):
    """A proxy that lets nobody through."""

    def _answer_one(self, connection, stream):
        while stream.readline() != b'\r\n':
            pass
        connection.sendall(reply(b'<html>not for you</html>', '407 Proxy Authentication Required'))
        return False


def put_by(proxy):
    """What becomes of a record that would have to go by a proxy."""
    probe = SinkProbe('https://127.0.0.1:1', https_proxy=proxy, no_proxy='')
    outcomes, why = probe.put()
    assert probe.stop() == 0
    assert outcomes == (0, 0, 1, 0)
    return why


def test_a_proxy_that_refuses_is_told_of():
    proxy = Refusal()
    why = put_by(proxy.url.replace('//', '//somebody:their-secret@'))
    proxy.stop()
    assert '407' in why and 'proxy settings' in why
    assert 'secret' not in why and 'not for you' not in why


@pytest.mark.parametrize('mistake', ['http://somebody:their-secret@127.0.0.1:port',
                                     'nothing://somebody:their-secret@127.0.0.1:80'])
def test_the_password_of_a_proxy_is_not_told(mistake):
    """libcurl quotes the address that it cannot understand."""
    why = put_by(mistake)
    assert 'secret' not in why
    assert why.endswith('; hint: check the region, the endpoint URL and the proxy settings')


@pytest.mark.parametrize('kind, variable', [('certified', 'https_proxy'), ('plain', 'http_proxy')])
def test_records_go_through_a_proxy(request, kind, variable):
    sim, trust = request.getfixturevalue(kind)
    host_and_port = sim.url.split('//')[1].rstrip('/')
    host, port = host_and_port.split(':')
    with Proxy((host, int(port))) as proxy:
        way = {variable: 'http://{}:{}'.format(*proxy.address), 'no_proxy': ''}
        probe = SinkProbe(sim.url, **trust, **way)
        assert probe.put(500, 1000) == ((500, 0, 0, 0), '')
        assert probe.put(9, 1000 * 1000) == ((9, 0, 0, 0), '')  # More than goes out at once.
        assert probe.put(500, 1000) == ((500, 0, 0, 0), '')
        assert probe.stop() == 0
        assert proxy.asked == [f'CONNECT {host_and_port} HTTP/1.1']  # One connection, kept.
    assert sim.counters()['records_stored'] == 1009
