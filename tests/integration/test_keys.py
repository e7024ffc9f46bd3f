"""That every record has its own table's key, whatever happens to the table meanwhile."""
import threading

import pytest

from late_standby import LateStandby
from runs import SLOT, arguments, decoded, new_value
from streams import read_stream
from waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


def start(pg_kinesis, database, endpoint, *more):
    run = pg_kinesis(*arguments(database, endpoint, '--create', *more))
    run.wait_until_streaming(database, SLOT)
    return run


@pytest.fixture
def poor(database):
    """A role that owns nothing and may do nothing but connect and replicate, for the program."""
    database.execute('CREATE ROLE poor LOGIN REPLICATION;'
                     f'REVOKE ALL ON DATABASE {database.name} FROM PUBLIC;'
                     f'GRANT CONNECT ON DATABASE {database.name} TO poor')
    database.dsn = database.dsn.replace('user=postgres', 'user=poor')
    yield
    database.execute(f'REVOKE ALL ON DATABASE {database.name} FROM poor; DROP ROLE poor')


def by_position(records):
    def position(record):
        change, = decoded([record])
        return [int(half, 16) for half in change['lsn'].split('/')]

    return sorted(records, key=position)


def keys(endpoint, count):
    """The partition keys of all records, in the order of the log."""
    records = by_position(read_stream(endpoint.client(), 'test', until=count))
    assert len(records) == count
    return [record['PartitionKey'] for record in records]


def test_a_delete_comes_first(pg_kinesis, database, kinesis_sim):
    """What an old row shows is its identity, which need not be the key."""
    database.execute(
        'CREATE TABLE other (k int NOT NULL UNIQUE, id int, more text, PRIMARY KEY (id, more));'
        'ALTER TABLE other REPLICA IDENTITY USING INDEX other_k_key;'
        'CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING;'
        "INSERT INTO other VALUES (1, 2, 'x'); INSERT INTO nothing VALUES (1)")
    run = start(pg_kinesis, database, kinesis_sim)

    database.execute('DELETE FROM other')
    database.execute('DELETE FROM nothing')
    database.execute("INSERT INTO other VALUES (1, 2, 'x')")
    database.execute('DELETE FROM other')

    assert keys(kinesis_sim, 4) == ['public.otheridmore', 'public.nothingid',
                                    'public.otheridn2moreqx', 'public.otheridmore']
    assert 'warning' not in run.log()


def test_a_key_has_its_columns_in_the_order_of_the_index(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (a int, b text, c int, d int)')
    database.execute('ALTER TABLE t ADD PRIMARY KEY (c, a, b) INCLUDE (d)')
    database.execute('CREATE SCHEMA "S 1"; CREATE TABLE "S 1"."T""x" (id int PRIMARY KEY)')
    start(pg_kinesis, database, kinesis_sim)

    database.execute("INSERT INTO t VALUES (1, 'x', 3, 4)")
    database.execute('INSERT INTO "S 1"."T""x" VALUES (5)')

    assert keys(kinesis_sim, 2) == ['public.tcn3an1bqx', '"S 1"."T""x"idn5']


def test_a_partition_has_its_own_key(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE p (id int, at int, PRIMARY KEY (at, id))'
                     ' PARTITION BY RANGE (at);'
                     'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);'
                     'CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)')
    start(pg_kinesis, database, kinesis_sim)

    database.execute('INSERT INTO p VALUES (1, 5)')
    database.execute('INSERT INTO p VALUES (1, 15)')
    database.execute('UPDATE p SET at = 16 WHERE at = 5')

    assert keys(kinesis_sim, 4) == ['public.p1atn5idn1', 'public.p2atn15idn1',
                                    'public.p1atn5idn1', 'public.p2atn16idn1']


@pytest.mark.usefixtures('poor')
def test_a_role_that_owns_nothing_sees_the_keys(pg_kinesis, database, kinesis_sim):
    database.execute(
        'CREATE TABLE t (a int, b int, PRIMARY KEY (b, a)); CREATE SCHEMA hidden;'
        'CREATE TABLE hidden.t (id int PRIMARY KEY); REVOKE ALL ON SCHEMA hidden FROM PUBLIC')
    start(pg_kinesis, database, kinesis_sim)

    database.execute('INSERT INTO t VALUES (1, 2)')
    database.execute('INSERT INTO hidden.t VALUES (3)')

    assert keys(kinesis_sim, 2) == ['public.tbn2an1', 'hidden.tidn3']


def test_a_key_that_changes_with_the_columns_counts_at_once(pg_kinesis, database, kinesis_sim):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)')
    start(pg_kinesis, database, kinesis_sim)

    database.execute('INSERT INTO t VALUES (1, 2)')
    read_stream(kinesis_sim.client(), 'test', until=1)
    database.execute('ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (n), ADD COLUMN x int')
    database.execute('INSERT INTO t VALUES (3, 4)')

    assert keys(kinesis_sim, 2) == ['public.tidn1', 'public.tnn4']


def test_what_loses_its_key_does_not_overtake_what_had_one(pg_kinesis, database, kinesis_sim):
    """The two are of different shards, of which the first takes nothing."""
    database.execute('CREATE TABLE t (id int PRIMARY KEY, n int)')
    run = start(pg_kinesis, database, kinesis_sim)
    kinesis_sim.control(throttle_shard=0)

    def wait_for_requests(count):
        enough = kinesis_sim.counters()['put_records_requests'] + count
        run.wait_until(lambda: kinesis_sim.counters()['put_records_requests'] >= enough, 'requests')

    database.execute('INSERT INTO t VALUES (1, 0)')
    wait_for_requests(1)
    database.execute('ALTER TABLE t DROP COLUMN id')
    database.execute('INSERT INTO t VALUES (1)')
    wait_for_requests(3)

    assert kinesis_sim.records('test') == []
    kinesis_sim.control(throttle_shard=-1)
    assert keys(kinesis_sim, 2) == ['public.tidn1', 'public.t']


def test_a_commit_that_streams_before_it_is_visible_has_its_key_and_selection(
        pg_kinesis, database, kinesis_sim, postgres):
    database.execute('CREATE TABLE t (id int)')  # So that the pattern matches something at once.
    run = start(pg_kinesis, database, kinesis_sim, '-t', 't*')

    with LateStandby(postgres):
        for i in range(100):
            database.execute(f'BEGIN; CREATE TABLE t{i} (id int PRIMARY KEY);'
                             f' CREATE TABLE other{i} (id int PRIMARY KEY);'
                             f' INSERT INTO t{i} VALUES ({i});'
                             f' INSERT INTO other{i} VALUES ({i}); COMMIT')

    assert keys(kinesis_sim, 100) == [f'public.t{i}idn{i}' for i in range(100)]
    assert 'warning' not in run.log()


def assert_commits_go_on(pg_kinesis, database, endpoint, postgres):
    """While they wait for the program itself: it cannot see what waits for it."""
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    start(pg_kinesis, database, endpoint)

    # No statement_timeout ends a commit that waits; the server's word that nobody is awaited does.
    give_up = threading.Timer(DEADLINE_S, lambda: postgres.await_standby(''))
    postgres.await_standby('pg_kinesis')
    give_up.start()
    try:
        database.execute('INSERT INTO t VALUES (1)')
        database.execute('BEGIN; CREATE TABLE u (id int PRIMARY KEY);'
                         ' INSERT INTO u VALUES (2); COMMIT')
        assert give_up.is_alive()
    finally:
        give_up.cancel()
        postgres.await_standby('')
    first, second = keys(endpoint, 2)
    assert first == 'public.tidn1'
    assert second in ('public.u', 'public.uidn2')


def test_commits_that_wait_for_the_program_itself_go_on(
        pg_kinesis, database, kinesis_sim, postgres):
    assert_commits_go_on(pg_kinesis, database, kinesis_sim, postgres)

    def row_has_its_key():
        database.execute('INSERT INTO u SELECT max(id) + 1 FROM u')
        number = database.value('SELECT max(id) FROM u')
        records = read_stream(kinesis_sim.client(), 'test', until=number)
        return f'public.uidn{number}' in {record['PartitionKey'] for record in records}

    wait_until(row_has_its_key, 'the new table to have its key', deadline_s=10, poll_s=0.25)


@pytest.mark.usefixtures('poor')
def test_they_go_on_where_the_program_may_not_see_who_is_waited_for(
        pg_kinesis, database, kinesis_sim, postgres):
    assert_commits_go_on(pg_kinesis, database, kinesis_sim, postgres)


@pytest.mark.parametrize('late', [False, True], ids=['live', 'late'])
def test_a_table_renamed_and_made_anew_under_load_lends_its_key_to_none(
        pg_kinesis, database, kinesis_sim, late):
    """Each table called t has a key column of its own, so a row tells whose it is."""
    generations, rows = 20, 10
    run = start(pg_kinesis, database, kinesis_sim)
    if late:
        run.terminate()

    for i in range(generations):
        database.execute(f'BEGIN; CREATE TABLE t (k{i} int PRIMARY KEY, n int);'
                         f' INSERT INTO t VALUES (0, {i}); COMMIT')
        for row in range(1, rows):
            database.execute(f'INSERT INTO t VALUES ({row}, {i})')
        database.execute(f'ALTER TABLE t RENAME TO t{i}')
        database.execute(f'INSERT INTO t{i} VALUES ({rows}, {i})')
    database.execute('CREATE TABLE t (other int PRIMARY KEY, n int)')
    if late:
        start(pg_kinesis, database, kinesis_sim)

    records = by_position(read_stream(kinesis_sim.client(), 'test',
                                      until=generations * (rows + 1)))
    for record in records:
        change, = decoded([record])
        generation, own = new_value(change, 'n'), record['PartitionKey']
        column = f'k{generation}'
        assert own in (change['table'], f'{change["table"]}{column}n{new_value(change, column)}')
    assert records[-1]['PartitionKey'] == 'public.t19k19n10'
