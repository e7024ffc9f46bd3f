"""COPY, where a page of rows shares one position in the log, by either plugin."""
import collections

import pytest

from runs import arguments

ROWS = 100_000

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)


def test_a_hundred_thousand_rows_of_a_copy_arrive_once_each(
        pg_kinesis, database, start_kinesis_sim):
    sim = start_kinesis_sim('--stream', 'test_decoding:4', '--stream', 'pgoutput:4', '--discard')
    database.execute('CREATE TABLE t (id int PRIMARY KEY, v text);'
                     'CREATE PUBLICATION changes FOR ALL TABLES')
    runs = {plugin: pg_kinesis(*arguments(database, sim, '--create', *more, stream=plugin,
                                          slot=plugin))
            for plugin, more in [('test_decoding', []), ('pgoutput', ['--publication', 'changes'])]}
    for slot, run in runs.items():
        run.wait_until_streaming(database, slot)

    with database.connection.cursor().copy('COPY t FROM STDIN') as copy:
        copy.write(''.join(f'{i}\tsome text\n' for i in range(ROWS)))
    end = database.current_lsn()

    expected = collections.Counter(f'public.tidn{i}' for i in range(ROWS))
    for slot, run in runs.items():
        run.wait_until_slot_passes(database, slot, end, deadline_s=60)
        assert collections.Counter(key for _, _, key, _ in sim.records(slot)) == expected
