"""The servers the other tests stand on are what those tests take them for."""
import pathlib

import pytest

from postgres_server import Database, PostgresServer
from streams import kinesis_client, read_stream, shard_ids
from waiting import wait_until


def test_the_server_is_of_the_version_asked_for(postgres, database):
    assert database.value('SHOW server_version').split('.')[0] == postgres.version
    assert database.value('SHOW wal_level') == 'logical'


@pytest.mark.parametrize('plugin', ['test_decoding', 'pgoutput'])
def test_the_server_can_decode(database, plugin):
    database.value('SELECT pg_create_logical_replication_slot(%s, %s)', ['slot', plugin])

    assert database.slot_position('slot')


def test_a_database_begins_empty_and_leaves_no_slot(postgres):
    first = Database.create(postgres, 'again')
    first.execute('CREATE TABLE t (id int)')
    first.value("SELECT pg_create_logical_replication_slot('left_behind', 'test_decoding')")
    first.drop()

    second = Database.create(postgres, 'again')
    assert second.value("SELECT to_regclass('t')") is None
    assert second.slot_position('left_behind') is None
    second.drop()


def test_a_stopped_server_leaves_nothing():
    server = PostgresServer('15')
    process = server.process

    server.stop()

    assert process.returncode is not None
    assert not server.folder.exists()


def test_a_server_keeps_its_data_over_a_restart(postgres):
    server = PostgresServer(postgres.version)
    with server.connect() as connection:
        connection.execute('CREATE TABLE t AS SELECT 1 AS id')

    server.shut_down()
    server.start()

    with server.connect() as connection:
        assert connection.execute('SELECT id FROM t').fetchone() == (1,)
    server.stop()


def test_a_stream_is_read_shard_by_shard(kinesis_local):
    client = kinesis_local.client()
    for number in range(20):
        client.put_record(StreamName='wide', PartitionKey=f'key {number % 5}',
                          Data=str(number).encode())

    records = read_stream(client, 'wide', until=20)

    for key in range(5):
        numbers = [int(record['Data']) for record in records
                   if record['PartitionKey'] == f'key {key}']
        assert numbers == list(range(key, 20, 5))


def test_both_endpoints_are_read_alike(kinesis_sim):
    client = kinesis_client(kinesis_sim.url)
    client.put_record(StreamName='test', PartitionKey='key', Data=b'data')

    (record,) = read_stream(client, 'test', until=1)

    assert (record['PartitionKey'], record['Data']) == ('key', b'data')
    assert record['ShardId'] in shard_ids(client, 'test')


def test_a_stream_that_stays_short_is_an_error(kinesis_local):
    with pytest.raises(TimeoutError, match='0 of 1 records in test'):
        read_stream(kinesis_local.client(), 'test', until=1, deadline_s=0.1)


def test_a_wait_gives_up_loudly():
    with pytest.raises(TimeoutError, match='for pigs to fly'):
        wait_until(lambda: pathlib.Path('/pigs').exists(), 'pigs to fly', deadline_s=0.05)
