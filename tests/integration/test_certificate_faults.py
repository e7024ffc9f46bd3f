"""Endpoints that are not who they say they are: TLS ends in a relay that shows what it is given."""
import ssl

import pytest

from certificates import Authority
from relay import Relay

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture
def authority(tmp_path):
    """Who signs the certificates that are to be believed."""
    folder = tmp_path / 'authority'
    folder.mkdir()
    return Authority(folder)


def showing(certificate, key):
    """What makes a relay show this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def relay_to(trial, tls):
    return Relay(('127.0.0.1', int(trial.sim.url.rsplit(':', 1)[1])), tls=tls)


def trusting(authority):
    """The environment of a program that believes it."""
    return {'AWS_CA_BUNDLE': str(authority.path)}


@pytest.mark.parametrize('mistake, is_trusted, said', [
    pytest.param({}, False, 'unable to get local issuer certificate', id='unknown authority'),
    pytest.param({'host': 'DNS:other.test'}, True,
                 'no alternative certificate subject name matches', id='another name'),
    pytest.param({'days': -1}, True, 'certificate has expired', id='expired'),
])
def test_a_bad_certificate_is_not_spoken_to(
        pg_kinesis, trial, authority, mistake, is_trusted, said):
    with relay_to(trial, showing(*authority.issue(**mistake))) as relay:
        run = pg_kinesis('--source', trial.source, '--stream', 'test', '--endpoint-url', relay.url,
                         '--create', env=trusting(authority) if is_trusted else None)

        assert run.wait() == 1
        assert said in run.log()
        assert 'hint: ' in run.log()
    assert trial.sim.counters()['requests'] == 0

    with relay_to(trial, showing(*authority.issue())) as relay:
        trial.endpoint_url = relay.url
        trial.start(env=trusting(authority))
        trial.write()
        assert trial.verdict() == 0


@pytest.mark.slow
def test_a_certificate_that_expires_under_a_run_is_held_and_outlived(trial, authority):
    good = showing(*authority.issue('good'))
    with relay_to(trial, good) as relay:
        trial.endpoint_url = relay.url
        run = trial.start(env=trusting(authority))
        trial.write_and_arrive()

        relay.show(showing(*authority.issue('expired', days=-1)))
        trial.write()
        run.wait_for_log('cannot deliver, trying on: .*certificate')
        assert not trial.is_confirmed()

        relay.show(good)
        trial.verdict(deadline_s=60)
