"""What is amiss with publications is told with SQL that mends it: each test pastes what was printed."""
import re
import signal

import psycopg
import pytest

from runs import SLOT
from waiting import wait_until

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


@pytest.fixture
def look(pg_kinesis, database):
    """A run of pgoutput to the end of the log; its exit status and what it said."""
    def run_to_the_end(*more, names=('changes',)):
        publications = [part for name in names for part in ('--publication', name)]
        run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--create', '--stdout',
                         '--endpos', 'now', *publications, *more)
        return run.wait(), run.log()

    return run_to_the_end


def cure(log, of):
    """The SQL of the one line that tells of something."""
    line, = [line for line in log.splitlines() if re.search(of, line)]
    return line.split('hint: ', 1)[1]


def paste(database, sql):
    """Runs statements one by one, as psql does."""
    for statement in re.split('; (?=[A-Z])', sql):
        database.execute(statement)


def make_tables(database):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, a int, b int);'
                     'CREATE TABLE "Größe" (id int PRIMARY KEY);'
                     'CREATE TABLE "No key" (id int); INSERT INTO "No key" VALUES (1)')


MISSING = 'publication changes does not exist'
GAP = 'is selected and in no publication'
IDENTITY = 'published without a replica identity'


@pytest.mark.parametrize('more', [[], ['-t', '*'], ['-t', 'nothing*']])
def test_a_publication_that_is_missing(look, database, more):
    make_tables(database)
    status, log = look(*more)
    assert status == 1 and MISSING in log
    assert database.slot_position(SLOT) is None  # The slot has to be younger.

    paste(database, cure(log, MISSING))

    status, log = look(*more)
    assert status == 0
    assert log.count('warning') == log.count('pattern nothing* matches no table')
    database.execute('DELETE FROM "No key"')  # The server did not begin to refuse that.


def test_a_name_that_has_to_be_quoted(look, database):
    assert 'there is none' in look(names=['Not "there"'])[1]
    database.execute('CREATE PUBLICATION "An other"')
    status, log = look(names=['Not "there"'])
    assert status == 1 and 'there are: "An other"' in log
    paste(database, cure(log, 'publication "Not ""there""" does not exist'))
    assert look(names=['Not "there"'])[0] == 0


def test_a_selected_table_that_is_in_no_publication(look, database):
    make_tables(database)
    database.execute('CREATE TABLE other (id int PRIMARY KEY); CREATE PUBLICATION changes;'
                     'CREATE PUBLICATION more FOR TABLE t')
    names = ['changes', 'more']
    assert GAP not in look(names=names)[1]  # No pattern names it.
    status, log = look('-t', '*', '-T', 'other', names=names)
    assert status == 0
    assert 'table public."No key" (1 of 2) is selected' in log

    paste(database, cure(log, GAP))

    assert 'warning' not in look('-t', '*', '-T', 'other', names=names)[1]
    assert GAP in look('-t', '*', names=names)[1]
    database.execute('DELETE FROM "No key"')


def test_publications_without_a_table(look, database):
    make_tables(database)
    database.execute('CREATE PUBLICATION changes')
    assert 'warning' in look()[1]

    paste(database, cure(look()[1], GAP))

    assert 'warning' not in look()[1]


def test_more_tables_than_a_line_has_room_for(look, database):
    for i in range(30):
        database.execute(f'CREATE TABLE a_table_with_a_rather_long_name_{i} (id int)')
    database.execute('CREATE PUBLICATION changes')
    rounds = 0
    while GAP in (log := look('-t', '*')[1]):
        paste(database, cure(log, GAP))
        rounds += 1
    assert 1 < rounds < 15
    assert 'warning' not in log


def test_partitions_are_in_a_publication_by_their_table(look, database):
    database.execute('CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);'
                     'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);'
                     'CREATE PUBLICATION changes FOR TABLE p;'
                     'CREATE PUBLICATION root FOR TABLE p WITH (publish_via_partition_root)')
    assert 'warning' not in look('-t', 'p1')[1]
    assert 'warning' not in look('--table-and-children', 'p', names=['root'])[1]
    database.execute('CREATE TABLE p2 (id int PRIMARY KEY)')
    assert 'table public.p2' in look('-t', 'p2', names=['root'])[1]


def test_thousands_of_published_tables_do_not_hold_up_a_run(look, database):
    for _ in range(4):  # A server's locks are not enough for all at once.
        database.execute('DO $$ BEGIN FOR i IN 1..1000 LOOP'
                         "  EXECUTE format('CREATE TABLE %I (id int)', gen_random_uuid());"
                         'END LOOP; END $$')
    database.execute("CREATE PUBLICATION changes FOR ALL TABLES WITH (publish = 'insert')")

    status, log = look('-t', '*')

    assert status == 0
    assert GAP not in log


@pytest.mark.parametrize('operations', ['insert, update', 'insert, delete, truncate', 'insert',
                                        'insert, update, delete'])
def test_a_publication_without_some_operations(look, database, operations):
    make_tables(database)
    database.execute(f"CREATE PUBLICATION changes FOR TABLE t WITH (publish = '{operations}')")

    paste(database, cure(look()[1], 'leaves out some operations'))

    assert 'leaves out' not in look()[1]


def test_tables_without_identity(look, database):
    make_tables(database)
    database.execute('CREATE TABLE p (id int) PARTITION BY RANGE (id);'
                     'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);'
                     'INSERT INTO p VALUES (1); CREATE PUBLICATION changes FOR ALL TABLES '
                     'WITH (publish_via_partition_root)')
    for table in ('"No key"', 'p'):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            database.execute(f'DELETE FROM {table}')

    log = look()[1]
    assert '(1 of 2)' in log
    paste(database, cure(log, IDENTITY))

    database.execute('DELETE FROM "No key"; DELETE FROM p')
    assert 'warning' not in look()[1]


@pytest.mark.parametrize('first, second', [('TABLE t (id, a)', 'TABLE t (id, b)'),
                                           ('ALL TABLES', 'TABLE t (id, b)'),
                                           ('TABLE t (id, a)', 'ALL TABLES'),
                                           ('TABLES IN SCHEMA public', 'TABLE t (id)')])
def test_clashing_column_lists(look, database, first, second):
    make_tables(database)
    database.execute('DROP TABLE "No key"')
    database.execute(f'CREATE PUBLICATION "First" FOR {first}')
    database.execute(f'CREATE PUBLICATION second FOR {second}')
    names = ['First', 'second']
    status, log = look(names=names)
    assert status == 1

    paste(database, cure(log, 'different columns of table public.t'))

    status, log = look(names=names)
    assert status == 0 and 'warning' not in log


def test_a_publication_that_may_be_younger_than_the_slot(pg_kinesis, look, database):
    make_tables(database)
    database.execute('DROP TABLE "No key"; CREATE PUBLICATION old FOR ALL TABLES')
    assert look(names=['old'])[0] == 0
    database.execute('INSERT INTO t VALUES (1); CREATE PUBLICATION changes FOR ALL TABLES')
    run = pg_kinesis('--source', database.dsn, '--slot', SLOT, '--stdout', '--publication',
                     'changes')
    run.wait_for_log('warning: .*publication "changes" does not exist')
    sql = cure(run.wait_for_log('.*may have been made or altered after.*').group(), 'may')
    run.process.send_signal(signal.SIGTERM)
    run.wait()

    paste(database, sql)

    database.execute('INSERT INTO t VALUES (2)')
    wait_until(lambda: 'may have been' not in look()[1], 'the warning to be gone')
    assert look()[0] == 0


def test_a_publication_older_than_the_slot_is_not_suspected(pg_kinesis, look, database):
    """Another slot keeps the catalog of long ago, and so does one that is made after it."""
    database.value("SELECT pg_create_logical_replication_slot('older', 'pgoutput')")
    make_tables(database)
    database.execute('DROP TABLE "No key"; CREATE PUBLICATION changes FOR ALL TABLES')
    assert 'warning' not in look()[1]
    assert 'warning' not in look()[1]
