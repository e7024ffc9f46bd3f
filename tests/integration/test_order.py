"""What --order promises, and what it makes of a stream that places records as it likes."""
import pytest

from runs import SLOT, arguments, decoded, new_value
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

ASKED_AGAIN_S = 90  # More than the minute after which the program asks what the stream is.


def start(pg_kinesis, database, sim, *more):
    run = pg_kinesis(*arguments(database, sim, '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


def place_as_it_likes(sim, yes=True):
    sim.change('UpdateStreamRecordDistributionStrategy', 'test',
               RecordDistributionStrategy='AUTO' if yes else 'USER_PARTITION_KEY')


def numbers(sim, count):
    found = decoded(read_stream(sim.client(), 'test', until=count))
    return sorted(int(new_value(change, 'n')) for change in found)


def test_without_order_a_hot_row_is_sent_many_at_a_time(pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--delay', 50)
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)')
    start(pg_kinesis, database, sim, '--order', 'none')

    database.execute('DO $$ BEGIN FOR i IN 1..1000 LOOP UPDATE t SET n = i; COMMIT; END LOOP;'
                     ' END $$')

    assert numbers(sim, 1000) == list(range(1, 1001))
    assert sim.counters()['put_records_requests'] < 500  # With order it would be one each.


def test_without_order_records_may_be_placed_anywhere(pg_kinesis, database, kinesis_sim):
    place_as_it_likes(kinesis_sim)
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    start(pg_kinesis, database, kinesis_sim, '--order', 'none')

    database.execute('INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i')

    assert numbers(kinesis_sim, 1000) == list(range(1, 1001))


@pytest.mark.slow
def test_what_becomes_of_the_stream_is_seen_while_running(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int, filler text)')
    run = start(pg_kinesis, database, kinesis_sim)
    database.execute('INSERT INTO t VALUES (1, 1)')
    assert numbers(kinesis_sim, 1) == [1]

    kinesis_sim.change('UpdateMaxRecordSize', 'test', MaxRecordSizeInKiB=2048)
    place_as_it_likes(kinesis_sim)
    run.wait_for_log('the stream takes records of up to 2097152 bytes now', ASKED_AGAIN_S)
    run.wait_for_log('warning: nothing is sent to the stream: it places records regardless of their'
                     ' partition keys.*hint: set its RecordDistributionStrategy', ASKED_AGAIN_S)
    before = kinesis_sim.counters()['put_records_requests']
    database.execute("INSERT INTO t VALUES (2, 2, repeat('x', 1500000))")
    held = database.current_lsn()

    place_as_it_likes(kinesis_sim, False)
    requests = kinesis_sim.counters()['put_records_requests']
    run.wait_for_log('the stream keeps order again', ASKED_AGAIN_S)
    run.wait_until_slot_passes(database, SLOT, held)
    assert requests == before
    assert numbers(kinesis_sim, 2) == [1, 2]
