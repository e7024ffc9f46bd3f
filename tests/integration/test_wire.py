"""CBOR and JSON: whichever requests are written in, the same records arrive, each once."""
import pytest

import cbor
from runs import SLOT, arguments, decoded, new_value
from streams import read_stream
from test_kinesis_sink import ScriptedServer, SinkProbe, refused, reply, stored

ONE_VERSION = pytest.mark.parametrize('postgres', ['15'], indirect=True)
WIRES = pytest.mark.parametrize('wire', ['cbor', 'json'])
ROWS = 600  # Two requests, and what kinesis-local takes in seconds.
UNKNOWN = 'the endpoint does not take CBOR'
JSON_TYPE, CBOR_TYPE = 'application/x-amz-json-1.1', cbor.CONTENT_TYPE


def stream_rows(pg_kinesis, database, endpoint, *more, stream='test'):
    """A run that has delivered and confirmed ROWS rows."""
    database.execute('CREATE TABLE told (id int PRIMARY KEY, text text)')
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more, stream=stream))
    run.wait_until_streaming(database, SLOT)
    database.execute(f"""INSERT INTO told
        SELECT i, repeat(U&'<\\00e9\\4e2d\\+01F600>' || chr(1 + i % 126), i % 9)
        FROM generate_series(1, {ROWS}) i""")
    end = database.value('SELECT pg_current_wal_flush_lsn()::text')
    run.wait_until_slot_passes(database, SLOT, end)
    return run


def assert_rows(database, records):
    told = {(int(new_value(change, 'id')), new_value(change, 'text'))
            for change in decoded(records)}
    assert told == set(database.connection.execute('SELECT id, text FROM told').fetchall())
    assert len(records) == ROWS


@ONE_VERSION
@WIRES
def test_an_endpoint_by_others_takes_either(pg_kinesis, database, kinesis_local, wire):
    stream_rows(pg_kinesis, database, kinesis_local, '--wire', wire, stream=wire)
    assert_rows(database, read_stream(kinesis_local.client(), wire, until=ROWS))


@ONE_VERSION
@pytest.mark.parametrize('wire, is_cbor', [('auto', True), ('cbor', True), ('json', False)])
def test_every_request_is_in_the_form_that_was_asked_for(
        pg_kinesis, database, kinesis_sim, wire, is_cbor):
    run = stream_rows(pg_kinesis, database, kinesis_sim, '--wire', wire)
    counters = kinesis_sim.counters()
    assert counters['cbor_requests'] == (counters['requests'] if is_cbor else 0)
    assert UNKNOWN not in run.log()
    assert_rows(database, read_stream(kinesis_sim.client(), 'test', until=ROWS))


@ONE_VERSION
@pytest.mark.parametrize('more', [(), ('--deny', 'DescribeStreamSummary')],
                         ids=['described', 'not described'])
def test_an_endpoint_without_cbor_gets_json(pg_kinesis, database, start_kinesis_sim, more):
    sim = start_kinesis_sim('--stream', 'test:4', '--no-cbor', *more)
    run = stream_rows(pg_kinesis, database, sim)
    counters = sim.counters()
    assert counters['records_stored'] == ROWS
    assert run.log().count(UNKNOWN) == 1
    assert_rows(database, read_stream(sim.client(), 'test', until=ROWS))


@ONE_VERSION
def test_cbor_alone_is_not_given_up(pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--no-cbor')
    run = pg_kinesis(*arguments(database, sim, '--create', '--wire', 'cbor'))
    assert run.wait() == 1
    assert 'status 404' in run.log() and '--wire json' in run.log()
    assert UNKNOWN not in run.log()


# --- The sink alone, against an endpoint that says what the test wants ----------------------------

@pytest.fixture
def serve():
    """Starts scripted servers."""
    started = []

    def start(*replies):
        started.append(ScriptedServer(*replies))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def probe_of():
    started = []

    def start(server, wire='auto'):
        started.append(SinkProbe(server.url, wire=wire))
        return started[-1]

    yield start
    assert [probe.stop() for probe in started] == [0] * len(started)


def types(server):
    return [headers['content-type'] for headers, _ in server.requests]


REFUSALS = {
    'AWS': reply(b'<UnknownOperationException/>\n', '404 Not Found'),
    'by its code': refused('UnknownOperationException'),
    'as unreadable': refused('SerializationException'),
    'as unreadable, in CBOR': reply(cbor.encode({'__type': 'SerializationException'}),
                                    '400 Bad Request'),
    'by its type': reply(b'', '415 Unsupported Media Type'),
    'by stumbling': reply(b'<h1>Internal Server Error</h1>', '500 Internal Server Error'),
}


@pytest.mark.parametrize('refusal', REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused_for_its_form_goes_again_in_json(serve, probe_of, refusal):
    server = serve(refusal, stored(2))
    probe = probe_of(server)
    outcomes, why = probe.put(2)
    assert outcomes[0] == 0  # The batch comes back, to be sent again by whoever owns it.
    assert why.startswith('RETRY ')
    assert probe.put(2) == ((2, 0, 0, 0), '')
    assert types(server) == [CBOR_TYPE, JSON_TYPE]


def test_a_description_refused_for_its_form_is_asked_for_again(serve, probe_of):
    server = serve(REFUSALS['AWS'], refused('AccessDeniedException'))
    assert probe_of(server).describe() == 'assumed'
    assert types(server) == [CBOR_TYPE, JSON_TYPE]


def test_where_the_stream_may_not_be_described_the_first_batch_decides(serve, probe_of):
    server = serve(refused('AccessDeniedException'), REFUSALS['AWS'], stored())
    probe = probe_of(server)
    assert probe.describe() == 'assumed'
    assert probe.put()[1].startswith('RETRY ')
    assert probe.put() == ((1, 0, 0, 0), '')
    assert types(server) == [CBOR_TYPE, CBOR_TYPE, JSON_TYPE]


def test_once_understood_a_refusal_is_a_matter_of_the_data(serve, probe_of):
    server = serve(stored(), REFUSALS['as unreadable'], stored())
    probe = probe_of(server)
    assert probe.put() == ((1, 0, 0, 0), '')
    outcomes, why = probe.put()
    assert outcomes == (0, 0, 1, 0)
    assert why.startswith('DATA ')
    assert probe.put() == ((1, 0, 0, 0), '')
    assert types(server) == [CBOR_TYPE] * 3


@WIRES
def test_the_form_that_was_asked_for_is_kept(serve, probe_of, wire):
    server = serve(REFUSALS['as unreadable'], stored())
    probe = probe_of(server, wire)
    assert probe.put()[1].startswith('DATA ')
    assert probe.put() == ((1, 0, 0, 0), '')
    assert types(server) == [{'cbor': CBOR_TYPE, 'json': JSON_TYPE}[wire]] * 2


@WIRES
def test_a_reply_is_read_whatever_form_it_comes_in(serve, probe_of, wire):
    members = {'FailedRecordCount': 1, 'Records': [
        {'SequenceNumber': '1', 'ShardId': 'shardId-000000000000', 'ErrorCode': None},
        {'ErrorCode': 'ProvisionedThroughputExceededException', 'ErrorMessage': 'Rate exceeded'}]}
    refusal = {'__type': 'LimitExceededException', 'message': 'slower'}
    server = serve(reply(members), reply(cbor.encode(members)), reply(refusal, '400 Bad Request'),
                   reply(cbor.encode(refusal), '400 Bad Request'))
    probe = probe_of(server, wire)
    assert [probe.put(2)[0] for _ in range(4)] == [(1, 1, 0, 0)] * 2 + [(0, 2, 0, 0)] * 2
