"""kinesis_sim in CBOR: what it does in JSON it does here, and what is neither it refuses."""
import pytest

import cbor
from sim_process import KinesisSim
from sim_requests import exchange, signed
from sim_stream import SHARDS, STREAM

# Run here by clients that speak CBOR: their fixture is the one below.
from test_kinesis_sim import (  # noqa: F401
    test_a_record_put_is_read_back,
    test_an_explicit_hash_key_overrides_the_partition_key,
    test_iterators_are_refused_with_a_reason,
    test_lists_come_in_pages,
    test_records_lie_where_the_md5_of_their_keys_says,
    test_streams_are_made_described_listed_and_deleted,
    test_the_five_types_of_iterators,
)
from test_sim_rates import test_one_key_can_fail_while_others_flow  # noqa: F401
from test_sim_refusals import (  # noqa: F401
    test_a_record_and_its_key_have_a_mebibyte,
    test_one_wrong_record_refuses_its_request_whole,
    test_several_mistakes_are_told_together,
)

# StreamName "s", two records: "hello" under k1 with the hash key 0, "world" under k2.
VECTOR = bytes.fromhex(
    'a26a53747265616d4e616d656173675265636f72647382a364446174614568656c6c6f6c506172746974696f6e4b65'
    '79626b316f4578706c69636974486173684b65796130a2644461746145776f726c646c506172746974696f6e4b6579'
    '626b32')


class CborSim(KinesisSim):
    """A simulator whose clients speak CBOR."""

    def client(self, *arguments, **config):
        return cbor.speaking(super().client(*arguments, **config))


@pytest.fixture
def sim():
    with CborSim().start('--stream', f'{STREAM}:{SHARDS}') as started:
        yield started


def ask(sim, target, body, content_type=cbor.CONTENT_TYPE):
    """Status and bytes of the answer to a body that no SDK would send."""
    return exchange(sim, *signed(sim, target, body, **{'Content-Type': content_type}))


def test_its_clients_speak_cbor(sim):
    sim.client().put_record(StreamName=STREAM, PartitionKey='k', Data=b'')
    assert len(sim.records(STREAM)) == 1
    counters = sim.counters()
    assert counters['cbor_requests'] == counters['requests'] > 0


def test_the_vector_is_what_its_members_say():
    members = {'StreamName': 's', 'Records': [
        {'Data': b'hello', 'PartitionKey': 'k1', 'ExplicitHashKey': '0'},
        {'Data': b'world', 'PartitionKey': 'k2'}]}
    assert cbor.decode(VECTOR) == members
    assert cbor.encode(members, has_lengths=True) == VECTOR


def test_a_body_may_state_lengths_or_not(sim):
    members = {'StreamName': STREAM, 'PartitionKey': 'k', 'Data': b'\xff\x00'}
    for has_lengths in (True, False):
        status, answer = ask(sim, 'PutRecord', cbor.encode(members, has_lengths))
        assert status == 200
        assert set(cbor.decode(answer)) == {'SequenceNumber', 'ShardId'}
    assert [data for *_, data in sim.records(STREAM)] == [b'\xff\x00'] * 2


@pytest.mark.parametrize('body', [
    b'', b'\xff', b'\xa1', b'\x80', b'{}', VECTOR[:-1], VECTOR + b'\x00',
    cbor.encode({'StreamName': 7}), cbor.encode({'StreamName': b's'}),
    cbor.encode({'PartitionKey': 'k', 'Data': 'eA=='}),  # Base64 is for JSON.
], ids=repr)
def test_a_malformed_body_is_refused(sim, body):
    status, answer = ask(sim, 'PutRecords', body)
    assert status == 400
    assert cbor.decode(answer)['__type'] == 'SerializationException'


def test_a_body_in_the_other_form_is_refused(sim):
    status, answer = ask(sim, 'PutRecords', VECTOR, 'application/x-amz-json-1.1')
    assert (status, answer) == (400, b'{"__type":"SerializationException"}')


def test_cbor_can_be_unknown():
    with KinesisSim().start('--stream', 's:1', '--no-cbor') as sim:
        assert ask(sim, 'PutRecords', VECTOR) == (404, b'<UnknownOperationException/>\n')
        counters = sim.counters()
        assert (counters['records_stored'], counters['cbor_requests']) == (0, 0)
        assert sim.client().put_record(StreamName='s', PartitionKey='k', Data=b'')['ShardId']
