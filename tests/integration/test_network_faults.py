"""What networks do to connections: to the one that brings changes, to those that take records."""
import contextlib

import pytest

from network import Namespace
from ordeal import CATCH_UP_S
from relay import Relay
from runs import SLOT
from waiting import wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

LATENCY_S = 0.1  # Each way.
NOTICED_S = 90   # More than the minute within which a server that vanished is noticed.


class Ways:
    """A relay to each of the two servers, and a trial that goes by them."""

    def __init__(self, trial, host, enter):
        self.trial = trial
        self.server = enter(Relay(('127.0.0.1', trial.database.server.port), host))
        self.endpoint = enter(Relay(('127.0.0.1', int(trial.sim.url.rsplit(':', 1)[1])), host))
        trial.source = self.source(host)
        trial.endpoint_url = self.endpoint.url

    def source(self, host):
        """How to reach the database by way of its relay."""
        return (f'host={host} port={self.server.address[1]} user=postgres'
                f' dbname={self.trial.database.name}')


@pytest.fixture
def ways(trial):
    """Relays on the same host, which need no more than Python."""
    with contextlib.ExitStack() as stack:
        yield Ways(trial, '127.0.0.1', stack.enter_context)


@pytest.fixture
def net():
    """A namespace for the program."""
    with Namespace() as namespace:
        yield namespace


@pytest.fixture
def wired(trial, net):
    """Relays at the other end of the namespace's wire."""
    with contextlib.ExitStack() as stack:
        yield Ways(trial, net.outside, stack.enter_context)


def start(trial, net, *options):
    return trial.start('--insecure-endpoint', *options, within=net.command)


@contextlib.contextmanager
def moved(relay, net, name):
    """The name means another address from now on, and nobody is at the old one."""
    with Relay(relay.target, net.elsewhere, relay.address[1]) as elsewhere:
        net.names(**{name: net.elsewhere})
        relay.close_the_door()
        relay.reset()
        yield elsewhere


def test_a_reset_of_the_servers_connection_is_borne(ways, trial):
    trial.start()
    trial.write_and_arrive()

    ways.server.reset()
    trial.write()

    assert trial.verdict() == 0
    assert trial.run.log().count('streaming from') == 2


def test_a_reset_of_idle_connections_to_the_endpoint_is_borne(ways, trial):
    trial.start()
    trial.write_and_arrive()

    ways.endpoint.reset()
    trial.write()

    trial.verdict()
    assert trial.run.log().count('streaming from') == 1


def test_a_reset_of_a_request_on_its_way_is_borne(ways, trial):
    trial.start()
    trial.write_and_arrive()
    trial.sim.control(stall=True)
    trial.write()
    trial.wait_for_counter('replies_stalled')
    trial.sim.control(stall=False)

    ways.endpoint.reset()

    assert trial.verdict() > 0


@pytest.mark.slow
def test_an_endpoint_that_takes_no_more_connections_is_used_by_those_it_took(ways, trial):
    trial.sim.control(delay_ms=50)
    trial.start()
    trial.write_and_arrive()
    accepted = ways.endpoint.accepted

    ways.endpoint.close_the_door()
    trial.write(keys=1000)
    trial.run.wait_for_log('cannot deliver, trying on: .* connect')

    assert trial.verdict(CATCH_UP_S) == 0
    assert ways.endpoint.accepted == accepted


@pytest.mark.slow
def test_a_request_that_is_never_answered_is_sent_again(ways, trial):
    """Half-open: the peer has gone and nobody says so."""
    trial.start()
    trial.write_and_arrive()
    ways.endpoint.freeze()
    trial.write()
    trial.run.wait_for_log('cannot deliver, trying on')

    ways.endpoint.reset()
    ways.endpoint.thaw()

    trial.verdict()


def test_latency_on_both_ways_is_borne(ways, trial):
    ways.server.delay_s = ways.endpoint.delay_s = LATENCY_S
    trial.start()
    for _ in range(3):
        trial.write()

    assert trial.verdict() == 0


@pytest.mark.slow
def test_an_endpoint_behind_a_black_hole_is_tried_until_it_is_back(wired, trial, net):
    start(trial, net)
    trial.write_and_arrive()
    net.drop(wired.endpoint.address[1])
    trial.write()
    trial.run.wait_for_log('cannot deliver, trying on')
    assert not trial.is_confirmed()

    net.restore()

    trial.verdict()
    assert trial.run.log().count('streaming from') == 1


@pytest.mark.slow
def test_a_server_behind_a_black_hole_is_given_up_within_a_minute(wired, trial, net, database):
    start(trial, net)
    trial.write_and_arrive()
    trial.wait_until_confirmed()
    net.drop(wired.server.address[1])
    trial.write()
    wait_until(lambda: not database.slot_is_active(SLOT), 'the server to give the reader up')
    trial.run.wait_for_log('warning', NOTICED_S)

    net.restore()

    assert trial.verdict(NOTICED_S) == 0
    assert trial.run.log().count('streaming from') == 2


@pytest.mark.slow
def test_ten_kilobytes_a_second_are_enough(wired, trial, net):
    start(trial, net)
    net.slow_down(10_000)
    for _ in range(5):
        trial.write(keys=100)

    assert trial.verdict() == 0


def test_lost_packets_are_borne(wired, trial, net):
    net.lose(0.01)
    start(trial, net)
    for _ in range(5):
        trial.write(keys=1000)

    assert trial.verdict() == 0


@pytest.mark.slow
def test_an_endpoint_that_moves_to_another_address_is_found(wired, trial, net):
    net.names(kinesis=net.outside)
    trial.endpoint_url = f'http://kinesis.test:{wired.endpoint.address[1]}'
    start(trial, net)
    trial.write_and_arrive()

    with moved(wired.endpoint, net, 'kinesis') as elsewhere:
        trial.write()

        trial.verdict()
        assert elsewhere.accepted > 0


def test_a_server_that_moves_to_another_address_is_found(wired, trial, net):
    net.names(postgres=net.outside)
    trial.source = wired.source('postgres.test')
    start(trial, net)
    trial.write_and_arrive()

    with moved(wired.server, net, 'postgres') as elsewhere:
        trial.write()

        assert trial.verdict() == 0
        assert elsewhere.accepted > 0
