"""From a committed row to a record in the stream, on real servers at both ends."""
import base64
import json
import pathlib
import re
import signal
import subprocess

import pytest

from runs import (SLOT, Updates, arguments, assert_first_deliveries_in_order, decoded, new_value,
                  numbers, scenario, statements)
from streams import read_stream, shard_ids
from waiting import wait_until

ONE_VERSION = pytest.mark.parametrize('postgres', ['15'], indirect=True)
EXPECTED_OPERATIONS = ['INSERT', 'INSERT', 'UPDATE', 'DELETE', 'UPDATE']


def start(pg_kinesis, database, endpoint, *more, stream='test', env=None):
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more, stream=stream), env=env)
    run.wait_until_streaming(database, SLOT)
    return run


def run_readme_sample(database, run):
    setup, workload = scenario('readme_customers')
    database.execute(setup)
    started = run()
    for statement in statements(workload):
        database.execute(statement)
    return started


def by_position(changes):
    return sorted(changes, key=lambda change: [int(half, 16) for half in change['lsn'].split('/')])


def assert_is_readme_sample(changes):
    changes = by_position(changes)
    assert [change['operation'] for change in changes] == EXPECTED_OPERATIONS
    assert changes[4]['columns']['last_name'] == {
        'new': {'q': 'true', 't': 'text', 'v': 'Replica Friends'},
        'old': {'q': 'true', 't': 'text', 'v': 'Friends'}}
    assert changes[3]['columns'] == {'id': {'old': {'q': 'false', 't': 'integer', 'v': '2'}}}


def test_the_readmes_five_records_reach_the_stream(pg_kinesis, database, kinesis_sim):
    run_readme_sample(database, lambda: start(pg_kinesis, database, kinesis_sim))

    records = read_stream(kinesis_sim.client(), 'test', until=5)

    assert_is_readme_sample(decoded(records))
    assert sorted(record['PartitionKey'] for record in records) == (
        3 * ['public.customersidn1'] + 2 * ['public.customersidn2'])


@ONE_VERSION
def test_they_come_back_through_the_aws_command(pg_kinesis, database, kinesis_sim):
    run_readme_sample(database, lambda: start(pg_kinesis, database, kinesis_sim))
    read_stream(kinesis_sim.client(), 'test', until=5)

    def aws(*command):
        answer = subprocess.run(['/usr/bin/aws', 'kinesis', *command, '--output', 'json',
                                 '--endpoint-url', kinesis_sim.url], check=True,
                                capture_output=True, env=kinesis_sim.environment())
        return json.loads(answer.stdout)

    changes = []
    for shard in shard_ids(kinesis_sim.client(), 'test'):
        iterator = aws('get-shard-iterator', '--stream-name', 'test', '--shard-id', shard,
                       '--shard-iterator-type', 'TRIM_HORIZON')['ShardIterator']
        page = aws('get-records', '--shard-iterator', iterator)
        changes += [json.loads(base64.b64decode(record['Data'])) for record in page['Records']]
    assert_is_readme_sample(changes)


@ONE_VERSION
def test_an_endpoint_by_others_takes_them_too(pg_kinesis, database, kinesis_local):
    run_readme_sample(database, lambda: start(pg_kinesis, database, kinesis_local, stream='wide'))
    assert_is_readme_sample(decoded(read_stream(kinesis_local.client(), 'wide', until=5)))


@ONE_VERSION
@pytest.mark.parametrize('faults', [(), ('--fail-records', 10, '--drop-replies', 1)],
                         ids=['healthy', 'faulty'])
@pytest.mark.parametrize('rows_a_transaction', [1, 10, 1000])
def test_a_hundred_thousand_changes_arrive_in_order(
        pg_kinesis, database, start_kinesis_sim, faults, rows_a_transaction):
    sim = start_kinesis_sim('--stream', 'test:4', *faults)
    load = Updates(database, 100_000, rows_a_transaction)
    run = start(pg_kinesis, database, sim)

    load.run()
    end = database.value('SELECT pg_current_wal_flush_lsn()::text')
    # Within 15 s of the end, the slot may lag behind by no more than that.
    run.wait_until_slot_passes(database, SLOT, end, deadline_s=15 if not faults else 60)

    found = numbers(read_stream(sim.client(), 'test', until=100_000))
    assert_first_deliveries_in_order(found)
    assert set(found) == load.expected()
    if not faults:
        assert len(found) == 100_000
    else:
        assert sim.counters()['replies_dropped'] > 0


def test_a_slot_follows_other_databases_log(pg_kinesis, database, kinesis_sim, postgres):
    run = start(pg_kinesis, database, kinesis_sim)

    with postgres.connect() as other:
        other.execute('CREATE TABLE IF NOT EXISTS elsewhere (n int)')
        other.execute('INSERT INTO elsewhere SELECT generate_series(1, 1000)')

    end = database.value('SELECT pg_current_wal_flush_lsn()::text')
    run.wait_until_slot_passes(database, SLOT, end, deadline_s=15)


@ONE_VERSION
def test_told_to_leave_under_load_it_drains_and_the_next_run_goes_on(
        pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 10, '--drop-replies', 1)
    load = Updates(database, 50_000, 10)
    first = start(pg_kinesis, database, sim)
    load.run()
    first.wait_until(lambda: sim.counters()['records_stored'] > 5_000, 'some records to be stored')

    assert first.terminate(deadline_s=10) == 0

    confirmed = database.slot_position(SLOT)
    assert f'confirmed up to {confirmed}' in first.log()
    end = database.value('SELECT pg_current_wal_flush_lsn()::text')
    second = start(pg_kinesis, database, sim)
    second.wait_until_slot_passes(database, SLOT, end, deadline_s=60)
    found = numbers(read_stream(sim.client(), 'test', until=50_000))
    assert set(found) == load.expected()
    assert_first_deliveries_in_order(found)


def test_what_the_original_choked_on_passes(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int);'
                     'CREATE TABLE bare ()')
    start(pg_kinesis, database, kinesis_sim)

    database.execute('INSERT INTO t VALUES (1)')
    database.execute('TRUNCATE t, u')
    database.execute("SELECT pg_logical_emit_message(true, 'p', 'transactional'),"
                     " pg_logical_emit_message(false, 'p', 'not')")
    database.execute('INSERT INTO bare DEFAULT VALUES')
    database.execute('INSERT INTO t VALUES (2)')

    changes = by_position(decoded(read_stream(kinesis_sim.client(), 'test', until=5)))
    assert [(change['table'], change['operation']) for change in changes] == [
        ('public.t', 'INSERT'), ('public.t', 'TRUNCATE'), ('public.u', 'TRUNCATE'),
        ('public.bare', 'INSERT'), ('public.t', 'INSERT')]
    assert changes[1]['columns'] == changes[3]['columns'] == {}


@ONE_VERSION
def test_a_truncate_is_stored_between_what_came_before_and_after(
        pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--fail-records', 20)
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    start(pg_kinesis, database, sim)

    for _ in range(5):
        database.execute('INSERT INTO t SELECT generate_series(1, 20); TRUNCATE t')

    records = read_stream(sim.client(), 'test', until=5 * 21)
    stored = sorted(records, key=lambda record: record['ApproximateArrivalTimestamp'])
    changes = decoded(stored)
    assert sum(change['operation'] == 'TRUNCATE' for change in changes) == 5
    position = 0
    for change in changes:
        lsn = [int(half, 16) for half in change['lsn'].split('/')]
        if change['operation'] == 'TRUNCATE':
            position = lsn
        assert position == 0 or lsn >= position


@ONE_VERSION
def test_no_secret_shows(pg_kinesis, database, kinesis_sim):
    password, key, token = 'pa55w0rd-of-mine', 'SECRETKEYsecretKEYsecret', 'token-of-mine'
    source = database.uri.replace('postgres@', f'postgres:{password}@')
    command = ['--source', source, '--slot', SLOT, '--create', '--stream', 'test',
               '--endpoint-url', kinesis_sim.url, '--log-level', 'debug']

    accepted = pg_kinesis(*command, env={'AWS_SESSION_TOKEN': token})
    accepted.wait_until_streaming(database, SLOT)
    process = pathlib.Path(f'/proc/{accepted.process.pid}')
    command_line = (process / 'cmdline').read_text()
    assert re.search(r'^Max core file size +0 +0 ', (process / 'limits').read_text(), re.M)
    limits = pathlib.Path(f'/proc/{accepted.process.pid}/limits').read_text()
    accepted.terminate()
    refused = pg_kinesis(*command, env={'AWS_SECRET_ACCESS_KEY': key, 'AWS_SESSION_TOKEN': token})
    assert refused.wait() == 1

    said = command_line + accepted.log() + refused.log()
    assert re.search(r'^Max core file size +0 +0 ', limits, re.M)
    assert '--source' in command_line and 'Signature' in refused.log()
    for secret in (password, key, token):
        assert secret not in said


@ONE_VERSION
def test_standard_output_has_records_in_commit_order(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    with database.connect() as preparing:
        preparing.autocommit = True
        preparing.execute(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    database.execute('INSERT INTO t SELECT i, 0 FROM generate_series(1, 2000) i')
    database.execute('UPDATE t SET n = id')

    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--stdout', '--endpos', 'now')

    assert run.wait() == 0
    changes = [json.loads(line) for line in run.stdout().splitlines()]
    assert [new_value(change, 'id') for change in changes] == [
        str(i) for i in range(1, 2001)] * 2
    assert database.slot_has_passed(SLOT, changes[-1]['lsn'])


@ONE_VERSION
def test_a_dry_run_leaves_a_slot_where_it_is(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    database.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    before = database.slot_position(SLOT)
    database.execute('INSERT INTO t VALUES (1)')

    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--dry-run', '--endpos', 'now')

    assert run.wait() == 0
    assert len(run.stdout().splitlines()) == 1
    assert database.slot_position(SLOT) == before
    assert 'warning' in run.log() and 'retains' in run.log()


@ONE_VERSION
def test_a_dry_run_leaves_a_slot_where_it_is_when_it_connects_again(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    database.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    before = database.slot_position(SLOT)
    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--dry-run')
    database.execute('INSERT INTO t VALUES (1)')
    run.wait_until(run.stdout, 'a record')

    database.value('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                   ' WHERE slot_name = %s', [SLOT])
    run.wait_until(lambda: run.log().count('streaming from') == 2, 'another connection')

    assert run.terminate() == 0
    assert database.slot_position(SLOT) == before


@ONE_VERSION
def test_a_dry_run_without_a_slot_leaves_none(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    run = pg_kinesis('--source', database.dsn, '--dry-run')
    run.wait_for_log('streaming')

    database.execute('INSERT INTO t VALUES (1)')
    run.wait_until(run.stdout, 'a record')

    assert run.terminate() == 0
    assert json.loads(run.stdout())['operation'] == 'INSERT'
    # It goes with its server process, which ends soon after ours.
    wait_until(lambda: database.value('SELECT count(*) FROM pg_replication_slots'
                                      ' WHERE database = current_database()') == 0,
               'the temporary slot to go')


@ONE_VERSION
def test_an_end_position_is_delivered_and_confirmed(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    start(pg_kinesis, database, kinesis_sim).terminate()
    database.execute('INSERT INTO t VALUES (1)')
    # Where the commit ends; where the log does may be later, if anything else was written.
    end = database.value(
        f"SELECT max(lsn)::text FROM pg_logical_slot_peek_changes('{SLOT}', NULL, NULL)")
    database.execute('INSERT INTO t VALUES (2)')

    assert pg_kinesis(*arguments(database, kinesis_sim, '--endpos', end)).wait() == 0
    assert len(read_stream(kinesis_sim.client(), 'test', until=1)) == 1
    assert pg_kinesis(*arguments(database, kinesis_sim, '--endpos', 'now')).wait() == 0
    assert len(read_stream(kinesis_sim.client(), 'test', until=2)) == 2


@ONE_VERSION
def test_a_dropped_slot_is_gone(pg_kinesis, database):
    database.value(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')")
    assert pg_kinesis('--source', database.dsn, '--slot', SLOT, '--drop').wait() == 0
    assert database.slot_position(SLOT) is None


@ONE_VERSION
def test_a_busy_slot_ends_a_run_unless_it_may_wait(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    first = start(pg_kinesis, database, kinesis_sim)

    second = pg_kinesis(*arguments(database, kinesis_sim))
    assert second.wait() == 1
    assert 'is active for PID' in second.log() and '--retry-initial' in second.log()

    third = pg_kinesis(*arguments(database, kinesis_sim, '--retry-initial'))
    third.wait_for_log('is active for PID')
    first.kill()
    third.wait_for_log('streaming from slot')
    database.execute('INSERT INTO t VALUES (1)')
    read_stream(kinesis_sim.client(), 'test', until=1)


def test_a_restarted_server_is_taken_up_again(pg_kinesis, database, kinesis_sim, postgres):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    run = start(pg_kinesis, database, kinesis_sim)
    database.execute('INSERT INTO t VALUES (1)')
    read_stream(kinesis_sim.client(), 'test', until=1)
    database.connection.close()

    postgres.shut_down(signal.SIGINT)
    postgres.start()
    database.connection = database.connect()

    run.wait_until_streaming(database, SLOT)
    database.execute('INSERT INTO t VALUES (2)')
    changes = decoded(read_stream(kinesis_sim.client(), 'test', until=2))
    assert {new_value(change, 'id') for change in changes} == {'1', '2'}


@ONE_VERSION
def test_a_transaction_longer_than_any_connection_ends(pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test:4', '--delay', 100)
    database.execute('CREATE TABLE load (id int, n int PRIMARY KEY)')
    run = start(pg_kinesis, database, sim, '--max-memory', '1MiB')
    rows = 60_000

    database.execute(f'INSERT INTO load SELECT 1, i FROM generate_series(1, {rows}) i')
    for stored in range(12_000, rows, 12_000):
        run.wait_until(lambda: sim.counters()['records_stored'] >= stored, f'{stored} records')
        database.execute('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                         ' WHERE active')

    found = numbers(read_stream(sim.client(), 'test', until=rows))
    assert {n for _, n in found} == set(range(1, rows + 1))
    # Were it begun anew after each cut, the last life alone would bring all of it, and the lives
    # before it 48,000 records that were here already.
    assert len(found) < rows + 24_000


@ONE_VERSION
def test_the_operators_own_settings_do_not_displace_ours(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, day date)')
    run = pg_kinesis('--source', database.dsn, '--dry-run', env={
        'PGDATESTYLE': 'German', 'PGOPTIONS': '-c datestyle=German ' * 200})
    run.wait_for_log('streaming')

    database.execute("INSERT INTO t VALUES (1, '2026-11-22')")

    run.wait_until(run.stdout, 'a record')
    assert new_value(json.loads(run.stdout()), 'day') == '2026-11-22'
