"""Aggregated rows: all that is promised without, as consumers of the KCL see it."""
import collections
import re

import pytest

from kpl import consume, hash_ranges, natural_hash_key, rows_by_others, rows_of
from runs import (SLOT, Updates, arguments, assert_first_deliveries_in_order, decoded, new_value,
                  numbers)
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

LANES = 64


def make_slot(pg_kinesis, database, sim, *more):
    """Leaves a slot from which nothing was read, so that what follows is a backlog."""
    run = pg_kinesis(*arguments(database, sim, '--create', '--endpos', 'now', *more))
    assert run.wait() == 0


def to_the_end(pg_kinesis, database, sim, *more):
    """Runs until all that was committed is delivered and confirmed."""
    run = pg_kinesis(*arguments(database, sim, '--aggregate', '--endpos', 'now', *more))
    assert run.wait() == 0, run.log()
    return run


def start(pg_kinesis, database, sim, *more):
    run = pg_kinesis(*arguments(database, sim, '--aggregate', '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


def read_rows(client, stream='test'):
    """Every row that consumers of the stream get, in each shard's order; none may be dropped."""
    rows, dropped = consume(read_stream(client, stream), hash_ranges(client, stream))
    assert not dropped
    return rows


def assert_complete(load, rows, once=True):
    """Every change is there, in its key's order, and, unless something made copies, once."""
    found = numbers(rows)
    assert_first_deliveries_in_order(found)
    assert set(found) == load.expected()
    assert not once or len(found) == len(load.expected())


@pytest.mark.parametrize('options', [['--wire', 'cbor'],
                                     ['--wire', 'json', '--publication', 'everything']],
                         ids=['test_decoding', 'pgoutput'])
def test_every_row_arrives_once_and_in_order(database, kinesis_sim, pg_kinesis, options):
    load = Updates(database, changes=10000, rows_a_transaction=100)
    database.execute('CREATE PUBLICATION everything FOR ALL TABLES')
    make_slot(pg_kinesis, database, kinesis_sim, *options)
    load.run()

    run = to_the_end(pg_kinesis, database, kinesis_sim, *options)

    rows = read_rows(kinesis_sim.client())
    assert_complete(load, rows)
    assert {row['PartitionKey'] for row in rows} == {f'public.loadidn{i}' for i in range(1000)}
    entries = kinesis_sim.counters()['records_stored']
    assert entries < len(rows)
    assert re.search(fr'records stored 10000 \(\d+ bytes\) as {entries} entries', run.log())
    assert 'aggregating rows in 64 lanes' in run.log()


def test_aws_s_own_package_reads_the_same_rows(database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:4', '--delay', 50)
    load = Updates(database, changes=5000, rows_a_transaction=10)
    make_slot(pg_kinesis, database, sim)
    load.run()
    to_the_end(pg_kinesis, database, sim)

    aggregates = [record['Data'] for record in read_stream(sim.client(), 'test')
                  if rows_of(record['Data'])]

    assert len(aggregates) > LANES / 2
    ours = [row for data in aggregates for row in rows_of(data)]
    assert rows_by_others(aggregates) == ours
    assert all(row.partition_key.startswith('public.loadidn') for row in ours)


@pytest.mark.parametrize('lanes', [2, 64, 1024])
def test_all_goes_to_the_hash_key_of_its_lane(database, start_kinesis_sim, pg_kinesis, lanes):
    sim = start_kinesis_sim('--stream', 'test:2')
    load = Updates(database, changes=2000, rows_a_transaction=1)
    make_slot(pg_kinesis, database, sim)
    load.run()

    run = to_the_end(pg_kinesis, database, sim, '--lanes', lanes)

    lane_size = 2**128 // lanes
    alone = 0
    for record in sim.log('test'):
        rows = rows_of(record['data'])
        keys = [row.partition_key for row in rows] if rows else [record['partition_key']]
        lane = natural_hash_key(keys[0]) // lane_size
        assert record['explicit_hash_key'] == lane * lane_size + lane_size // 2
        assert {natural_hash_key(key) // lane_size for key in keys} == {lane}
        assert not rows or {row.hash_key for row in rows} == {record['explicit_hash_key']}
        alone += not rows
    assert alone > 0 or lanes < 1024
    assert ('fewer than 8 a shard' in run.log()) == (lanes == 2)
    assert_complete(load, read_rows(sim.client()))


def test_failures_and_lost_replies_lose_and_swap_nothing(database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 20, '--drop-replies', 5)
    load = Updates(database, changes=10000, rows_a_transaction=10)
    run = start(pg_kinesis, database, sim)

    load.run()
    run.wait_until_slot_passes(database, SLOT, database.current_lsn(), 60)

    assert_complete(load, read_rows(sim.client()), once=False)
    assert sim.counters()['records_failed'] > 0 and sim.counters()['replies_dropped'] > 0


def test_splits_and_merges_drop_and_swap_nothing(database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:2', '--fail-records', 5)
    client = sim.client()
    load = Updates(database, changes=10000, rows_a_transaction=10)
    run = start(pg_kinesis, database, sim)
    middle = 2**126 - 12345  # On no border of lanes.

    def flows():
        return all(shard['records'] > 0 for shard in sim.shards('test'))

    with database.connect() as writer:
        load.run(writer)
        run.wait_until(flows, 'records in every shard')
        client.split_shard(StreamName='test', ShardToSplit='shardId-000000000000',
                           NewStartingHashKey=str(middle))
        writer.execute('UPDATE load SET n = 100000 + id')
        run.wait_until(flows, 'records in every shard')
        client.merge_shards(StreamName='test', ShardToMerge='shardId-000000000003',
                            AdjacentShardToMerge='shardId-000000000001')
        writer.execute('UPDATE load SET n = 200000 + id')
    run.wait_until_slot_passes(database, SLOT, database.current_lsn(), 60)

    rows = read_rows(client)  # Parents before their children, as the KCL reads them.
    found = numbers(rows)
    assert_first_deliveries_in_order(found)
    late = {(i, n + i) for n in (100000, 200000) for i in range(load.KEYS)}
    assert set(found) == load.expected() | late
    assert len({row['ShardId'] for row in rows}) == 5


def test_kills_lose_and_swap_nothing(database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 10)
    load = Updates(database, changes=10000, rows_a_transaction=10)
    make_slot(pg_kinesis, database, sim)
    load.run()

    for stored in (10, 100, 200):
        run = start(pg_kinesis, database, sim)
        run.wait_until(lambda: sim.counters()['records_stored'] > stored, 'some to be stored')
        run.kill()
    to_the_end(pg_kinesis, database, sim)

    found = numbers(read_rows(sim.client()))
    assert set(found) == load.expected()
    assert_first_deliveries_in_order(found)


def test_the_rows_of_a_hot_key_go_many_at_once(database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:4', '--delay', 100)
    database.execute('CREATE TABLE hot (id int PRIMARY KEY, n int); INSERT INTO hot VALUES (1, 0)')
    make_slot(pg_kinesis, database, sim)
    database.execute('''DO $$ BEGIN FOR i IN 1..8000 LOOP
        UPDATE hot SET n = i WHERE id = 1; COMMIT; END LOOP; END $$''')

    to_the_end(pg_kinesis, database, sim)

    assert [n for _, n in numbers(read_rows(sim.client()))] == list(range(1, 8001))
    assert sim.counters()['records_stored'] < 8000 / 20


def test_a_truncate_is_stored_between_what_came_before_and_after(
        database, start_kinesis_sim, pg_kinesis):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 20)
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    make_slot(pg_kinesis, database, sim)
    for _ in range(5):
        database.execute('INSERT INTO t SELECT generate_series(1, 200); TRUNCATE t')

    to_the_end(pg_kinesis, database, sim)

    stored = sorted(sim.log('test'), key=lambda record: record['request'])
    epoch = 0
    counts = collections.Counter()
    for record in stored:
        datas = [row.data for row in rows_of(record['data']) or []] or [record['data']]
        for change in decoded({'Data': data} for data in datas):
            epoch += change['operation'] == 'TRUNCATE'
            counts[epoch, change['operation']] += 1
    assert counts == {(i, operation): count for i in range(6)
                      for operation, count in [('INSERT', 200 if i < 5 else 0),
                                               ('TRUNCATE', 1 if i > 0 else 0)] if count}


def test_a_large_row_goes_alone_and_one_too_large_is_skipped(
        database, start_kinesis_sim, pg_kinesis, tmp_path):
    sim = start_kinesis_sim('--stream', 'test:4', '--max-record-kib', 2048)
    database.execute('CREATE TABLE docs (id int PRIMARY KEY, body text)')
    make_slot(pg_kinesis, database, sim)
    for number, size in enumerate([10, 190 << 10, 1 << 20, 3 << 20, 10]):
        database.execute(f"INSERT INTO docs VALUES ({number}, repeat('x', {size}))")
        database.execute(f"UPDATE docs SET body = body || '' WHERE id = {number}")
    letters = tmp_path / 'letters'

    run = to_the_end(pg_kinesis, database, sim, '--oversize', 'skip', '--dead-letter', letters)

    found = [(new_value(change, 'id'), change['operation'])
             for change in decoded(read_rows(sim.client()))]
    assert sorted(found) == [(number, operation) for number in ('0', '1', '2', '4')
                             for operation in ('INSERT', 'UPDATE')]
    assert len(letters.read_text(encoding='utf-8').splitlines()) == 2
    assert 'skipped: oversize 2\n' in run.log()


def test_an_aggregate_that_is_refused_goes_row_by_row(database, kinesis_sim, pg_kinesis):
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    make_slot(pg_kinesis, database, kinesis_sim)
    database.execute('INSERT INTO load SELECT i, 0 FROM generate_series(1, 100) i')
    database.execute('UPDATE load SET n = 1')
    kinesis_sim.control(refuse_key='a')  # That of every aggregate.

    to_the_end(pg_kinesis, database, kinesis_sim)

    assert kinesis_sim.counters()['records_stored'] == 200
    found = numbers(read_rows(kinesis_sim.client()))
    assert sorted(found) == [(i, n) for i in range(1, 101) for n in (0, 1)]
    assert_first_deliveries_in_order(found)


def test_an_endpoint_by_others_takes_aggregates(database, kinesis_local, pg_kinesis):
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    make_slot(pg_kinesis, database, kinesis_local)
    database.execute('INSERT INTO load SELECT i, 0 FROM generate_series(1, 500) i')

    run = pg_kinesis(*arguments(database, kinesis_local, '--aggregate', '--endpos', 'now',
                                stream='aggregated'))
    assert run.wait() == 0

    rows = read_rows(kinesis_local.client(), 'aggregated')
    assert sorted(numbers(rows)) == [(i, 0) for i in range(1, 501)]
    assert any(row['Subsequence'] for row in rows)


def test_a_stream_that_places_records_as_it_likes_is_refused(database, kinesis_sim, pg_kinesis):
    kinesis_sim.control(distributes=True)

    run = pg_kinesis(*arguments(database, kinesis_sim, '--aggregate', '--create'))

    assert run.wait() == 1
    assert 'consumers would drop aggregates without a word; hint: ' in run.log()
    assert kinesis_sim.counters()['records_stored'] == 0


@pytest.mark.parametrize('options', [[], ['--aggregate']], ids=['plain', 'aggregated'])
def test_what_lingers_goes_together(database, kinesis_sim, pg_kinesis, options):
    database.execute('CREATE TABLE load (id int PRIMARY KEY, n int)')
    run = pg_kinesis(*arguments(database, kinesis_sim, '--create', '--linger', 1000, *options))
    run.wait_until_streaming(database, SLOT)

    database.execute(';'.join(
        f'BEGIN; INSERT INTO load VALUES ({i}, 0); COMMIT' for i in range(10)))
    run.wait_until_slot_passes(database, SLOT, database.current_lsn())

    assert {number for number, _ in numbers(read_rows(kinesis_sim.client()))} == set(range(10))
    assert len({record['request'] for record in kinesis_sim.log('test')}) == 1
