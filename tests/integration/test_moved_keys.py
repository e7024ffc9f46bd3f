"""A table whose key changes: nothing overtakes what went out under the key it had."""
import hashlib

import pytest

from runs import SLOT, arguments
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

TEST_DECODING, PGOUTPUT = [], ['--publication', 'changes']


def shard_of(key):
    """Which of four shards a partition key belongs to."""
    return int.from_bytes(hashlib.md5(key.encode()).digest(), 'big') * 4 >> 128


@pytest.fixture
def overtake(pg_kinesis, database, kinesis_sim):
    """Changes the table t between a row of a shard that takes nothing and one of another shard;
    gives the records' keys in the order in which they were stored."""
    def count_requests():
        return kinesis_sim.counters()['put_records_requests']

    def play(options, change, row):
        database.execute('CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)')
        database.execute('CREATE PUBLICATION changes FOR ALL TABLES')
        run = pg_kinesis(*arguments(database, kinesis_sim, '--create', *options))
        run.wait_until_streaming(database, SLOT)
        kinesis_sim.control(throttle_shard=shard_of('public.tidn1'))
        database.execute('INSERT INTO t VALUES (1, 0)')
        run.wait_until(count_requests, 'a request')

        for statement in change:
            database.execute(statement)
        database.execute(row)
        enough = count_requests() + 3
        run.wait_until(lambda: count_requests() >= enough, 'further requests')
        assert kinesis_sim.records('test') == []

        kinesis_sim.control(throttle_shard=-1)
        records = read_stream(kinesis_sim.client(), 'test', until=2)
        return sorted(record['PartitionKey'] for record in records)

    return play


@pytest.mark.parametrize('plugin', [TEST_DECODING, PGOUTPUT], ids=['test_decoding', 'pgoutput'])
def test_a_key_of_another_type_waits(overtake, plugin):
    """The same number is quoted now, so it is of another partition key."""
    assert shard_of('public.tidn1') != shard_of('public.tidq2')
    assert overtake(plugin, ['ALTER TABLE t ALTER id TYPE text'],
                    "INSERT INTO t VALUES ('2', 0)") == ['public.tidn1', 'public.tidq2']


def test_a_key_that_changes_while_its_table_is_not_selected_waits(overtake):
    """What is skipped under the new key must not use up the word that it is another."""
    assert shard_of('public.tidn1') != shard_of('public.tnn4')
    assert overtake([*PGOUTPUT, '-t', 't'],
                    ['ALTER TABLE t RENAME TO other',
                     'ALTER TABLE other DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (n)',
                     'INSERT INTO other VALUES (2, 3)',
                     'ALTER TABLE other RENAME TO t'],
                    'INSERT INTO t VALUES (3, 4)') == ['public.tidn1', 'public.tnn4']
