"""The way to the service by a proxy, as curl's environment names it."""
import pytest

from certificates import Authority
from relay import Relay
from test_kinesis_sink import SinkProbe


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


@pytest.mark.parametrize('kind, variable', [('certified', 'https_proxy'), ('plain', 'http_proxy')])
def test_records_go_through_a_proxy(request, kind, variable):
    sim, trust = request.getfixturevalue(kind)
    host_and_port = sim.url.split('//')[1].rstrip('/')
    host, port = host_and_port.split(':')
    with Proxy((host, int(port))) as proxy:
        way = {variable: 'http://{}:{}'.format(*proxy.address), 'no_proxy': ''}
        probe = SinkProbe(sim.url, **trust, **way)
        assert probe.put(500, 1000) == ((500, 0, 0, 0), '')
        assert probe.stop() == 0
        assert set(proxy.asked) == {f'CONNECT {host_and_port} HTTP/1.1'}
    assert sim.counters()['records_stored'] == 500
