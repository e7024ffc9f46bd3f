"""What a Kinesis endpoint may do to requests: refuse, delay, mangle, lose, and take back.

Each fault is a rule of kinesis_sim that strikes so many of the requests of a load, and what has to
come of it: whether records may be stored twice, and what is told.
"""
import collections
import re

import pytest

from altering_proxy import AlteringProxy

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

# The outcome of a request is told, so nothing is sent twice; or it is not, so what was stored is.
ONCE, TWICE = False, True

Fault = collections.namedtuple('Fault', 'rule copies said', defaults=[None])

TOLD = 'cannot deliver, trying on: '

# Those that a run bears at once. Each rule strikes at least once.
PASSING = {
    'latency': Fault('delay=300', ONCE),
    'records throttled': Fault('throttle times=30', ONCE),
    'records failed': Fault('fail times=30', ONCE),
    'records refused for a reason unheard of': Fault('record-error=KMSThrottlingException times=30',
                                                     ONCE),
    'request throttled': Fault('error=ProvisionedThroughputExceededException times=3', ONCE,
                               'status 400 ProvisionedThroughputExceededException'),
    'request throttled, wait a second': Fault('error=LimitExceededException retry-after=1 times=1',
                                              ONCE, 'LimitExceededException'),
    'request throttled by the key service': Fault('error=KMSThrottlingException times=3', ONCE,
                                                  'KMSThrottlingException'),
    'too many requests': Fault('error=TooManyRequests status=429 body=empty times=3', ONCE,
                               'status 429'),
    '500 as JSON': Fault('error=InternalFailure status=500 times=3', ONCE,
                         'status 500 InternalFailure'),
    '500 as HTML': Fault('error=InternalFailure status=500 body=html times=3', ONCE, 'status 500'),
    '500 without a body': Fault('error=InternalFailure status=500 body=empty times=3', ONCE,
                                'status 500'),
    '503 as JSON': Fault('error=ServiceUnavailable status=503 times=3', ONCE,
                         'status 503 ServiceUnavailable'),
    '503 as HTML': Fault('error=ServiceUnavailable status=503 body=html times=3', ONCE,
                         'status 503'),
    '503 without a body': Fault('error=ServiceUnavailable status=503 body=empty times=3', ONCE,
                                'status 503'),
    '500 though all was stored': Fault('error=InternalFailure status=500 done times=2', TWICE,
                                       'status 500'),
    'half a reply': Fault('truncate times=2', TWICE, TOLD),
    'garbage for a reply': Fault('garbage times=2', TWICE, TOLD),
    'a result too few': Fault('few times=2', TWICE, TOLD),
    'a result too many': Fault('many times=2', TWICE, TOLD),
    'closed before storing': Fault('close undone times=2', ONCE, TOLD),
    'closed after storing': Fault('close times=2', TWICE, TOLD),
    'reset before storing': Fault('reset undone times=2', ONCE, TOLD),
    'reset after storing': Fault('reset times=2', TWICE, TOLD),
    'kept connection reset before storing': Fault('reused reset undone times=2', ONCE, TOLD),
    'kept connection reset after storing': Fault('reused reset times=2', TWICE, TOLD),
    'kept connection closed before storing': Fault('reused close undone times=2', ONCE, TOLD),
    'connection ends with each reply': Fault('last', ONCE),
}

# Those that show only when time is up.
SLOW = {
    'a reply byte by byte': Fault('drip=1 times=1', ONCE),
    'no reply, nothing stored': Fault('stall undone times=1', ONCE, TOLD),
    'no reply, all stored': Fault('stall times=1', TWICE, TOLD),
}

# Those that are the operator's to mend, and come when the run has long been going: it holds on.
HELD = ['AccessDeniedException', 'ExpiredTokenException', 'KMSAccessDeniedException',
        'KMSDisabledException', 'KMSInvalidStateException', 'KMSNotFoundException',
        'KMSOptInRequired', 'ResourceNotFoundException', 'UnrecognizedClientException']


def cases(faults, *marks):
    """The parameters of a test, named."""
    return [pytest.param(fault, id=name, marks=marks) for name, fault in faults.items()]


@pytest.mark.parametrize('fault', cases(PASSING) + cases(SLOW, pytest.mark.slow))
def test_a_fault_that_passes_is_borne(trial, fault):
    run = trial.start()
    trial.write_and_arrive()

    rule = trial.sim.fault(*fault.rule.split())
    for _ in range(3):
        trial.write()

    copies = trial.verdict()
    assert rule.struck() > 0
    assert (copies > 0) == fault.copies
    if fault.said:
        assert fault.said in run.log()


@pytest.mark.slow
@pytest.mark.parametrize('code', HELD)
def test_a_refusal_for_the_operator_is_held_and_outlived(trial, code):
    run = trial.start()
    trial.write_and_arrive()

    with trial.sim.fault(error=code) as refusal:
        trial.write()
        refusal.wait()
        run.wait_for_log(f'cannot deliver, trying on: PutRecords: status 400 {code}')
        assert not trial.is_confirmed()

    trial.write()
    assert trial.verdict(deadline_s=60) == 0
    assert 'hint: ' in run.log()
    assert run.log().count('streaming from') == 1


def test_records_that_are_numbered_before_earlier_ones_of_their_keys_are_sent_again(trial):
    inverted = []

    def number_them_first(body):
        inverted.extend(re.findall(rb'"SequenceNumber":"\d+"', body))
        return re.sub(rb'"SequenceNumber":"\d+"', b'"SequenceNumber":"1"', body)

    with AlteringProxy(trial.sim.url) as proxy:
        trial.endpoint_url = proxy.url
        trial.start('--wire', 'json')
        trial.write_and_arrive()
        trial.wait_until_confirmed()  # So that its replies have passed.
        proxy.alter_next(number_them_first)
        trial.write()

        assert trial.verdict() == len(inverted)
    assert f'the service put {len(inverted)} records before earlier ones' in trial.run.log()
