"""Databases that are not UTF-8: the server's own conversion tells what is right."""
import pytest

from runs import SLOT, arguments, decoded, new_value
from streams import read_stream

pytestmark = pytest.mark.parametrize('postgres', ['15'], indirect=True)

# Every character that the server itself can convert, a byte or two after another, in a row each.
ALL_CHARACTERS = '''
CREATE FUNCTION is_character(bytes bytea) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN PERFORM convert(bytes, getdatabaseencoding(), 'UTF8'); RETURN true;
EXCEPTION WHEN OTHERS THEN RETURN false; END $$;
CREATE VIEW characters AS SELECT bytes FROM (
    SELECT decode(lpad(to_hex(i), 2, '0'), 'hex') FROM generate_series(161, 254) i
    WHERE pg_encoding_max_length(pg_char_to_encoding(getdatabaseencoding())) = 1
    UNION ALL SELECT decode(to_hex(a * 256 + b), 'hex')
    FROM generate_series(161, 254) a, generate_series(161, 254) b
    WHERE pg_encoding_max_length(pg_char_to_encoding(getdatabaseencoding())) > 1
) AS x (bytes) WHERE is_character(bytes);
CREATE TABLE t (id int PRIMARY KEY, v text);
'''
INSERT_ALL = '''
INSERT INTO t SELECT get_byte(bytes, 0),
    string_agg(convert_from(bytes, getdatabaseencoding()), '' ORDER BY bytes)
FROM characters GROUP BY 1
'''


def start(pg_kinesis, database, endpoint):
    run = pg_kinesis(*arguments(database, endpoint, '--create'))
    run.wait_until_streaming(database, SLOT)
    return run


@pytest.mark.parametrize('encoding', ['LATIN1', 'EUC_JP', 'WIN1255', 'KOI8R'])
def test_every_character_arrives(pg_kinesis, make_database, kinesis_sim, encoding):
    database = make_database(encoding)
    database.execute(ALL_CHARACTERS)
    start(pg_kinesis, database, kinesis_sim)

    database.execute(INSERT_ALL)

    wanted = dict(database.connection.execute('SELECT id::text, v FROM t').fetchall())
    assert sum(map(len, wanted.values())) > 80
    changes = decoded(read_stream(kinesis_sim.client(), 'test', until=len(wanted)))
    assert {new_value(change, 'id'): new_value(change, 'v') for change in changes} == wanted


def test_names_and_keys_are_converted_too(pg_kinesis, make_database, kinesis_sim):
    database = make_database('EUC_JP')
    database.execute('CREATE TABLE 表 (名 text PRIMARY KEY)')
    run = start(pg_kinesis, database, kinesis_sim)

    database.execute("INSERT INTO 表 VALUES ('日本')")

    record, = read_stream(kinesis_sim.client(), 'test', until=1)
    change, = decoded([record])
    assert change['table'] == 'public."表"'
    assert change['columns'] == {'"名"': {'new': {'q': 'true', 't': 'text', 'v': '日本'}}}
    assert record['PartitionKey'] == 'public."表"名'
    assert 'warning' not in run.log()


def test_sql_ascii_has_any_bytes_in_names_too(pg_kinesis, make_database, kinesis_sim):
    """What is no UTF-8 cannot be told, but nothing stands still for it."""
    database = make_database('SQL_ASCII')
    table = b'"caf\xe9"'
    database.connection.execute(b'CREATE TABLE ' + table + b' (id int PRIMARY KEY, v text)')
    run = start(pg_kinesis, database, kinesis_sim)

    database.connection.execute(b'INSERT INTO ' + table + b" VALUES (1, '\xc3\xa9 \xe9')")

    record, = read_stream(kinesis_sim.client(), 'test', until=1)
    change, = decoded([record])
    assert change['table'] == 'public."caf\ufffd"'
    assert new_value(change, 'v') == '\u00e9 \ufffd'
    assert record['PartitionKey'] == 'public."caf\ufffd"idn1'
    assert run.log().count('warning') == 1
    assert '2 bytes are no character' in run.log()
