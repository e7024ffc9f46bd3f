"""Streaming by pgoutput: which plugin runs, what is checked of publications, what rows come to."""
import datetime
import json
import re

import pytest

from runs import SLOT

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


def to_stdout(database, *more):
    """A run that delivers what was committed until now to standard output."""
    return ['--source', database.dsn, '--slot', SLOT, '--stdout', '--endpos', 'now', *more]


def plugin_of(database):
    return database.value('SELECT plugin FROM pg_replication_slots WHERE slot_name = %s', (SLOT,))


def publish(database, what='FOR ALL TABLES', name='changes'):
    database.execute(f'CREATE PUBLICATION {name} {what}')
    return ['--publication', name]


def refused(pg_kinesis, *command):
    """What a run says that gives up at once, and its exit status."""
    run = pg_kinesis(*command)
    return run.wait(), run.log()


def records(run):
    """What a run wrote, without what differs from run to run."""
    assert run.wait() == 0, run.log()
    return [{name: value for name, value in json.loads(line).items() if name not in ('time', 'lsn')}
            for line in run.stdout().splitlines()]


@pytest.fixture
def read_by_both(pg_kinesis, database):
    """Runs SQL and gives what either plugin made of it, each from a slot of its own."""
    def read(setup, workload):
        database.execute(setup)
        publication = publish(database)
        runs = [('twin', []), (SLOT, publication)]
        commands = [to_stdout(database, '--create', '--slot', slot, *more) for slot, more in runs]
        for command in commands:
            assert records(pg_kinesis(*command)) == []
        database.execute(workload)
        return [records(pg_kinesis(*command)) for command in commands]

    return read


def test_a_publication_makes_a_slot_of_pgoutput(pg_kinesis, database):
    command = to_stdout(database, '--create', *publish(database))
    assert pg_kinesis(*command).wait() == 0
    assert plugin_of(database) == 'pgoutput'


def test_without_one_it_is_test_decoding(pg_kinesis, database):
    assert pg_kinesis(*to_stdout(database, '--create')).wait() == 0
    assert plugin_of(database) == 'test_decoding'


def test_a_slot_keeps_its_plugin(pg_kinesis, database):
    publication = publish(database)
    assert pg_kinesis(*to_stdout(database, '--create', *publication)).wait() == 0

    status, log = refused(pg_kinesis, *to_stdout(database, '--plugin', 'test_decoding'))
    assert status == 1 and 'uses the output plugin "pgoutput"' in log
    status, log = refused(pg_kinesis, *to_stdout(database))
    assert status == 1 and 'hint: --publication NAME' in log
    assert pg_kinesis(*to_stdout(database, *publication)).wait() == 0


def test_a_slot_of_test_decoding_takes_no_publication(pg_kinesis, database):
    assert pg_kinesis(*to_stdout(database, '--create')).wait() == 0
    status, log = refused(pg_kinesis, *to_stdout(database, *publish(database)))
    assert status == 1 and 'of test_decoding, which knows no publications' in log


def test_what_a_publication_leaves_out_does_not_come(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, secret text); CREATE TABLE u (id int)')
    part = publish(database, 'FOR TABLE t (id) WHERE (id > 1)')
    command = to_stdout(database, '--create', *part)
    assert records(pg_kinesis(*command)) == []
    database.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'); INSERT INTO u VALUES (3)")
    assert [record['columns'] for record in records(pg_kinesis(*command))] == [
        {'id': {'new': {'q': 'false', 't': 'integer', 'v': '2'}}}]


def test_fields_tell_place_and_time_of_the_commit(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)')
    runs = [to_stdout(database, '--create', '--slot', slot, '--fields',
                      'seq,xid,commit_lsn,commit_time', *more)
            for slot, more in [('twin', []), (SLOT, publish(database))]]
    for command in runs:
        assert records(pg_kinesis(*command)) == []
    with database.connection.transaction():
        xid = database.value('SELECT pg_current_xact_id()::text::int')
        database.execute('INSERT INTO u VALUES (1); INSERT INTO t VALUES (2)')
    now = database.value('SELECT clock_timestamp()')
    first, second = [records(pg_kinesis(*command, '-t', 't'))[0] for command in runs]
    assert list(first)[3:] == ['xid', 'seq']
    assert list(second)[3:] == ['xid', 'seq', 'commit_lsn', 'commit_time']
    assert (first['xid'], first['seq']) == (second['xid'], second['seq']) == (xid, 2)
    committed = datetime.datetime.fromisoformat(second['commit_time'])
    assert 0 <= (now - committed).total_seconds() < 60


def test_messages_come_where_they_are_asked_for(pg_kinesis, database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    runs = [to_stdout(database, '--create', '--slot', slot, '--messages', *more)
            for slot, more in [('twin', []), (SLOT, publish(database))]]
    for command in runs:
        assert records(pg_kinesis(*command)) == []
    database.execute("SELECT pg_logical_emit_message(true, 'a', 'alone')")
    # Not last: what is in no transaction is not flushed, and would not be read.
    database.execute("SELECT pg_logical_emit_message(false, 'c', '\\xff00'::bytea)")
    database.execute("INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'b', 'é');"
                     'INSERT INTO t VALUES (2)')
    first, second = [records(pg_kinesis(*command)) for command in runs]
    assert second == first
    told = [{name: value for name, value in record.items() if name != 'columns'}
            for record in first if record['operation'] == 'MESSAGE']
    assert told == [
        {'table': '', 'operation': 'MESSAGE', 'prefix': 'a', 'content': 'alone'},
        {'table': '', 'operation': 'MESSAGE', 'prefix': 'c', 'content_base64': '/wA='},
        {'table': '', 'operation': 'MESSAGE', 'prefix': 'b', 'content': 'é'}]
    assert len(first) == 5
    assert [records(pg_kinesis(*command)) for command in runs] == [[], []]


def test_ddl_between_rows_of_a_transaction(read_by_both):
    first, second = read_by_both(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, v text)", '''
        INSERT INTO t VALUES (1, 'a');
        ALTER TABLE t ADD n int DEFAULT 5; INSERT INTO t VALUES (2, 'b', 6);
        ALTER TABLE t DROP v; UPDATE t SET id = 20 WHERE id = 2;
        ALTER TABLE t ALTER n TYPE numeric; INSERT INTO t VALUES (3, 7.5);
        ALTER TABLE t RENAME n TO "user"; UPDATE t SET "user" = 8;
        ALTER TABLE t RENAME TO "Renamed"; DELETE FROM "Renamed" WHERE id = 3;
        ALTER TABLE "Renamed" ADD m mood, ADD ms mood[];
        INSERT INTO "Renamed" VALUES (4, 1, 'ok', '{sad}');
        CREATE TABLE made (id int PRIMARY KEY, m mood); INSERT INTO made VALUES (1, 'sad');
        CREATE TABLE gone (id int PRIMARY KEY); INSERT INTO gone VALUES (1); DROP TABLE gone''')
    assert second == first
    assert len(first) == 11


def test_types_that_change_between_rows_of_a_transaction(read_by_both):
    first, second = read_by_both(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);"
        'CREATE DOMAIN positive AS int CHECK (VALUE > 0);'
        'CREATE TABLE t (id int PRIMARY KEY, m mood, p pair, n positive)', """
        INSERT INTO t VALUES (1, 'sad', '(1,x)', 1);
        ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO t VALUES (2, 'blue', '(2,y)', 2);
        ALTER TYPE pair ADD ATTRIBUTE c int; UPDATE t SET p = '(2,y,3)' WHERE id = 2;
        ALTER TYPE pair RENAME ATTRIBUTE b TO d; INSERT INTO t VALUES (3, 'ok', '(3,z,4)', 3);
        ALTER DOMAIN positive DROP CONSTRAINT positive_check;
        INSERT INTO t VALUES (4, 'ok', NULL, -4);
        ALTER TABLE t ALTER m TYPE text; INSERT INTO t VALUES (5, 'any', NULL, 5);
        ALTER TYPE mood ADD VALUE 'fine'; DELETE FROM t WHERE id = 1""")
    assert second == first
    assert len(first) == 7


def test_partitions_that_come_and_go(read_by_both):
    first, second = read_by_both(
        'CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);'
        'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)', '''
        INSERT INTO p VALUES (1, 'a');
        CREATE TABLE p2 (v text, id int NOT NULL); INSERT INTO p2 VALUES ('b', 12);
        ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20);
        UPDATE p SET id = id + 10 WHERE id = 1; INSERT INTO p VALUES (3, 'c');
        ALTER TABLE p DETACH PARTITION p1; INSERT INTO p1 VALUES (4, 'd')''')
    assert second == first
    assert [record['table'] for record in first] == [
        'public.p1', 'public.p2', 'public.p1', 'public.p2', 'public.p1', 'public.p1']


def test_many_rows_of_one_position_and_many_savepoints(read_by_both):
    first, second = read_by_both('CREATE TABLE t (id int PRIMARY KEY, v text)', '''
        INSERT INTO t SELECT i, 'row' FROM generate_series(1, 20000) i;
        DO $$ BEGIN FOR i IN 1..10000 LOOP
            BEGIN
                UPDATE t SET v = 'savepoint' WHERE id = i;
                IF i % 2 = 0 THEN RAISE EXCEPTION 'back'; END IF;
            EXCEPTION WHEN raise_exception THEN NULL;
            END;
        END LOOP; END $$''')
    assert len(second) == 25000
    assert second == first
