"""Faults that take long to bear: run by script/test --faults.

How long is told by the environment: PGK_FAULT_KILLS (20), PGK_FAULT_CUTS (20), PGK_FAULT_RESTARTS
(10), PGK_FAULT_CLOSED_S (20), PGK_FAULT_STALL_S (60), PGK_FAULT_ROWS (1000000), and PGK_FAULT_SEED,
which is drawn and shown unless given.
"""
import collections
import os
import random
import signal
import time

import pytest

from ordeal import CATCH_UP_S, Ordeal, cut, reader_pid
from runs import SLOT, arguments, assert_first_deliveries_in_order, numbers
from streams import read_stream
from verdict import delivery

KILLS = int(os.environ.get('PGK_FAULT_KILLS', '20'))
CUTS = int(os.environ.get('PGK_FAULT_CUTS', '20'))
CUT_EVERY_S = 3
RESTARTS = int(os.environ.get('PGK_FAULT_RESTARTS', '10'))
CLOSED_S = float(os.environ.get('PGK_FAULT_CLOSED_S', '20'))
STALL_S = float(os.environ.get('PGK_FAULT_STALL_S', '60'))
ROWS = int(os.environ.get('PGK_FAULT_ROWS', '1000000'))
SEED = int(os.environ.get('PGK_FAULT_SEED', random.randrange(1 << 32)))

pytestmark = [pytest.mark.slow,
              pytest.mark.parametrize('postgres', ['15'], indirect=True)]


def start(pg_kinesis, database, endpoint, *more):
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


def seconds_to_shut_down(postgres, database):
    """How long pg_ctl stop -m fast would take; the server is up again."""
    database.connection.close()
    began = time.monotonic()
    postgres.shut_down(signal.SIGINT)
    took = time.monotonic() - began
    postgres.start()
    database.connection = database.connect()
    print(f'the server took {took:.1f} s to shut down')
    return took


def test_a_server_shuts_down_soon_while_nothing_is_owed(
        pg_kinesis, database, kinesis_sim, postgres):
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, kinesis_sim)
    database.execute('INSERT INTO load VALUES (1, 0)')
    read_stream(kinesis_sim.client(), 'test', until=1)

    assert seconds_to_shut_down(postgres, database) < 10
    assert run.is_running


@pytest.mark.parametrize('memory', ['1MiB', '64MiB'], ids=['full', 'with room'])
def test_a_server_can_shut_down_while_nothing_can_be_delivered(
        pg_kinesis, database, start_kinesis_sim, postgres, memory):
    sim = start_kinesis_sim('--stream', 'test:4')
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, sim, '--max-memory', memory)
    sim.control(stall=True)
    database.execute('INSERT INTO load SELECT i, 0 FROM generate_series(1, 30000) i')
    run.wait_until(lambda: sim.counters()['replies_stalled'] > 0, 'a request without an answer')

    assert seconds_to_shut_down(postgres, database) < 45

    sim.control(stall=False)
    assert {key for key, _ in numbers(read_stream(sim.client(), 'test', until=30_000))} == set(
        range(1, 30_001))


@pytest.fixture(params=[[], ['--publication', 'everything']], ids=['test_decoding', 'pgoutput'])
def ordeal(request, pg_kinesis, database, start_kinesis_sim):
    """A load on five tables, a stream that fails some of it, and a first run between them."""
    print(f'PGK_FAULT_SEED={SEED}')
    return Ordeal(pg_kinesis, database, start_kinesis_sim, request.param, SEED)


def causes_of_copies(records, kills):
    """Those of the kills, by number, before and after which a change was delivered."""
    runs = collections.defaultdict(set)
    for record in records:
        arrived = record['ApproximateArrivalTimestamp'].timestamp()
        runs[delivery(record).change].add(sum(at < arrived for at in kills))
    return set().union(*(range(min(seen), max(seen)) for seen in runs.values()))


def test_kills_lose_nothing(ordeal):
    kills, open_requests = [], 0
    with ordeal.load:
        for number in range(KILLS):
            ordeal.wait_for_a_moment(1.5)
            if number % 3 == 1:
                ordeal.leave_a_request_open()
                open_requests += 1
            elif number % 3 == 2:
                ordeal.fail_all_records()
                ordeal.wait_for_a_moment(1.5)
            ordeal.run.kill()
            kills.append(time.time())
            ordeal.heal()
            ordeal.begin_run()
        ordeal.wait_for_a_moment(1.5)

    records = ordeal.verdict()

    assert open_requests >= KILLS // 4
    copies = causes_of_copies(records, kills)
    print(f'{KILLS} kills, {open_requests} with a request open, {len(copies)} that caused copies')
    assert len(copies) >= KILLS // 4


def test_a_walsender_that_is_ended_again_and_again_loses_nothing(ordeal):
    with ordeal.load:
        for _ in range(CUTS):
            time.sleep(CUT_EVERY_S)  # The claim is about connections that live no longer.
            ordeal.run.wait_until_streaming(ordeal.database, SLOT)
            cut(ordeal.database)

    ordeal.verdict()

    assert ordeal.run.log().count('streaming from slot') > CUTS


def test_a_server_that_crashes_again_and_again_loses_nothing(ordeal, postgres):
    with ordeal.load:
        for _ in range(RESTARTS):
            ordeal.wait_for_a_moment(2)
            ordeal.database.connection.close()
            postgres.shut_down(signal.SIGQUIT)
            postgres.start()
            ordeal.database.connection = ordeal.database.connect()
            ordeal.run.wait_until_streaming(ordeal.database, SLOT, CATCH_UP_S)
        ordeal.wait_for_a_moment(2)

    ordeal.verdict()


def test_one_key_that_fails_for_ever_holds_up_no_other_and_is_not_forgotten(
        pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    kinesis_sim.control(fail_key='public.tidn7')
    run = start(pg_kinesis, database, kinesis_sim)
    after_one = None
    for n in range(6):
        database.execute(f'INSERT INTO t SELECT i, {n} FROM generate_series(1, 100) i'
                         f' ON CONFLICT (id) DO UPDATE SET n = {n}')
        after_one = after_one or database.current_lsn()
    expected = {(i, n) for i in range(1, 101) for n in range(6)}

    found = numbers(read_stream(kinesis_sim.client(), 'test', until=594))
    assert set(found) == {(i, n) for i, n in expected if i != 7}
    assert not database.slot_has_passed(SLOT, after_one)
    run.kill()
    kinesis_sim.control(fail_key='')
    run = start(pg_kinesis, database, kinesis_sim)
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    found = numbers(read_stream(kinesis_sim.client(), 'test', until=600))
    assert set(found) == expected
    assert_first_deliveries_in_order(found)


def test_large_rows_wait_for_a_stalled_endpoint(pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--discard')
    database.execute('CREATE TABLE t (id int PRIMARY KEY, filler text)')
    database.dsn += " options='-c wal_sender_timeout=3s'"
    run = start(pg_kinesis, database, sim)
    reader = reader_pid(database)
    sim.control(stall=True)
    database.execute("INSERT INTO t SELECT i, repeat('x', 900000) FROM generate_series(1, 1000) i")
    run.wait_until(lambda: sim.counters()['replies_stalled'] > 0, 'a request without an answer')

    time.sleep(STALL_S)  # Nothing is to happen: that is the claim.
    assert reader_pid(database) == reader, run.log()

    sim.control(stall=False)
    run.wait_until_slot_passes(database, SLOT, database.current_lsn(), CATCH_UP_S)
    print(f'most memory {run.look_at_memory() >> 10} KiB, {sim.counters()}')
    assert reader_pid(database) == reader, run.log()
    assert {key for _, _, key, _ in sim.records('test')} == {
        f'public.tidn{i}' for i in range(1, 1001)}


def test_a_transaction_longer_than_connections_live_ends(
        pg_kinesis, database, start_kinesis_sim):
    """Each connection lives until a fifth of the transaction more is stored. Most of its records
    are taken up where the last connection ended, or it would never come further than that."""
    sim = start_kinesis_sim('--stream', 'test:4', '--discard')
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, sim)
    database.execute(f'INSERT INTO t SELECT i, i FROM generate_series(1, {ROWS}) i')

    for _ in range(4):
        until = sim.counters()['records_stored'] + ROWS // 5
        run.wait_until(lambda: sim.counters()['records_stored'] >= until, 'a fifth more',
                       CATCH_UP_S)
        cut(database)
        run.wait_until_streaming(database, SLOT, CATCH_UP_S)
    run.wait_until_slot_passes(database, SLOT, database.current_lsn(), CATCH_UP_S)

    stored = sim.counters()['records_stored']
    print(f'{ROWS} rows, {stored} records, most memory {run.look_at_memory() >> 10} KiB')
    assert ROWS <= stored < ROWS + ROWS // 5


def test_a_shard_that_is_closed_holds_up_the_others_at_the_bound_only(
        pg_kinesis, database, kinesis_sim):
    """Half of the changes are of one key, whose shard takes nothing for a while."""
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, kinesis_sim, '--max-memory', '4MiB')
    database.execute('INSERT INTO t VALUES (0, 0)')
    hot, = read_stream(kinesis_sim.client(), 'test', until=1)
    kinesis_sim.control(throttle_shard=int(hot['ShardId'][-12:]))
    until = time.monotonic() + CLOSED_S

    database.execute("""DO $$ BEGIN FOR i IN 1..20000 LOOP
        UPDATE t SET n = i WHERE id = 0; INSERT INTO t VALUES (i, 0); COMMIT; END LOOP; END $$""")

    run.wait_for_log('no more fit')
    others = numbers(read_stream(kinesis_sim.client(), 'test'))
    assert len(others) > 1000
    assert (0, 1) not in others

    time.sleep(max(0, until - time.monotonic()))
    kinesis_sim.control(throttle_shard=-1)
    run.wait_until_slot_passes(database, SLOT, database.current_lsn(), CATCH_UP_S)
    found = numbers(read_stream(kinesis_sim.client(), 'test', until=40_001))
    assert len(found) == len(set(found)) == 40_001
    assert [n for key, n in found if key == 0] == list(range(20_001))
    assert run.log().count('no more fit') == 1
