"""What is asked at the start grows with a database's tables, and not with their square."""
import re

import pytest

from runs import SLOT

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

# The server writes how many rows each step of a question had. So little memory that it plans small
# tables as it would large ones, by any version's defaults.
EXPLAINED = ("options='-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0"
             ' -c auto_explain.log_analyze=on -c auto_explain.log_timing=off'
             " -c work_mem=64kB -c hash_mem_multiplier=1'")
STEP_OF_A_PLAN = re.compile(r'\(actual rows=(?P<rows>\d+) loops=(?P<loops>\d+)\)')
ROWS_IN_VAIN = re.compile(r'Rows Removed by (Join )?Filter: (?P<rows>\d+)')
TABLES = 400


def make_tables(database):
    database.execute(f'DO $$ BEGIN FOR i IN 1..{TABLES} LOOP'
                     "  EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY)', gen_random_uuid());"
                     'END LOOP; END $$; ANALYZE')


def rows_looked_at(pg_kinesis, database, *more):
    """How many rows a run to the end of the log has the server look at for its questions."""
    before = len(database.server.log())
    run = pg_kinesis('--source', f'{database.dsn} {EXPLAINED}', '--slot', SLOT, '--create',
                     '--stdout', '--endpos', 'now', *more)
    assert run.wait() == 0, run.log()
    total, loops = 0, 0
    for line in database.server.log()[before:].splitlines():
        if step := STEP_OF_A_PLAN.search(line):
            loops = int(step['loops'])
            total += loops * int(step['rows'])
        elif in_vain := ROWS_IN_VAIN.search(line):
            total += loops * int(in_vain['rows'])
    return total


@pytest.mark.parametrize('more', [
    ['--publication', 'all', '--publication', 'half', '--publication', 'rest'],
    ['--publication', 'half', '--table-and-children', '*', '-T', '*0', '-T', '*1']])
def test_twice_the_tables_are_twice_the_work(pg_kinesis, database, more):
    database.execute('CREATE PUBLICATION "all" FOR ALL TABLES; CREATE PUBLICATION half;'
                     'CREATE PUBLICATION rest FOR ALL TABLES')
    make_tables(database)
    few = rows_looked_at(pg_kinesis, database, *more)

    make_tables(database)
    many = rows_looked_at(pg_kinesis, database, *more)

    assert 0 < many < 2.5 * few


def test_twice_the_tables_each_by_its_name_are_twice_the_work(pg_kinesis, database):
    def rows_looked_at_by_name():
        names = database.value("SELECT string_agg(format('public.%I', tablename), ',')"
                               " FROM pg_tables WHERE schemaname = 'public'")
        return rows_looked_at(pg_kinesis, database, '--publication', 'all', '--tables', names)

    database.execute('CREATE PUBLICATION "all" FOR ALL TABLES')
    make_tables(database)
    few = rows_looked_at_by_name()

    make_tables(database)
    many = rows_looked_at_by_name()

    assert 0 < many < 2.5 * few
